-- Reverts the migration. Mails about deletions are not sent again. Which terms were accepted by someone who is at a provider right
-- now is lost: they are asked in their account.

ALTER TABLE `oauth_states` DROP COLUMN `terms_version`;
ALTER TABLE `account_deletions` DROP COLUMN `link_id`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261202103000_deletion_links_and_terms' AND `rolled_back_at` IS NULL;

-- Reverts the migration. Loses which accounts at providers belong to whom: those users must link them again, and those
-- without a password must set one by mail.

DROP TABLE `oauth_states`;
DROP TABLE `oauth_accounts`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261201102000_oauth' AND `rolled_back_at` IS NULL;

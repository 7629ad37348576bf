-- Reverts the migration. Deletions that wait are forgotten: their accounts stay disabled, and an operator can enable or delete
-- them. Invitations stop working. Which version of the terms each user has accepted is lost.

DROP TABLE `invitations`;
ALTER TABLE `webhook_deliveries` DROP INDEX `webhook_deliveries_user_id`, DROP COLUMN `user_id`;
ALTER TABLE `users` DROP COLUMN `terms_version`;
DROP TABLE `account_deletions`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261201104000_personal_data' AND `rolled_back_at` IS NULL;

-- Reverts the migration. Loses nothing: the column is computed from the addresses.

ALTER TABLE `users` DROP INDEX `users_email_ascii`, DROP COLUMN `email_ascii`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261129180000_international_emails' AND `rolled_back_at` IS NULL;

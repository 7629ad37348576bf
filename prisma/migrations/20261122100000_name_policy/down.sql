-- Reverts the migration: deletes which usernames were protected, and the history of usernames.

DROP TABLE `username_history`;
ALTER TABLE `usernames` DROP INDEX `usernames_protected_at`, DROP COLUMN `protected_at`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261122100000_name_policy' AND `rolled_back_at` IS NULL;

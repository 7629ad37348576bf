-- Reverts the migration. Loses only how far unfinished imports were. Imported hashes stay, and the version before can't
-- verify those that are not argon2id: their owners can't sign in until the migration is applied again.

ALTER TABLE `credentials` DROP INDEX `credentials_sample_key`, DROP COLUMN `sample_key`;

DROP TABLE `user_imports`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261129191000_user_import' AND `rolled_back_at` IS NULL;

-- Reverts the migration. Loses nothing.

ALTER TABLE `usernames` DROP INDEX `usernames_state_username_key`, ALGORITHM=INPLACE, LOCK=NONE;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261202101000_user_search' AND `rolled_back_at` IS NULL;

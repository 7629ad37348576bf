-- Reverts the migration. Deletes second factors, recovery codes and passkeys: their users sign in with a password alone, or
-- reset one.

DROP TABLE `sign_in_challenges`;
DROP TABLE `recovery_codes`;
DELETE FROM `credentials` WHERE `kind` <> 'PASSWORD';
ALTER TABLE `credentials` MODIFY `kind` ENUM('PASSWORD') NOT NULL;
ALTER TABLE `sessions` DROP COLUMN `auth_time`, DROP COLUMN `amr`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261201101000_second_factors' AND `rolled_back_at` IS NULL;

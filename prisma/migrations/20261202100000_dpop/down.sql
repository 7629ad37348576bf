-- Reverts the migration. Ends the sessions that are bound to a key: without the column, they would go on with bearer tokens.

UPDATE `sessions` SET `ended_at` = UTC_TIMESTAMP(3) WHERE `dpop_jkt` IS NOT NULL AND `ended_at` IS NULL;
ALTER TABLE `sessions` DROP COLUMN `dpop_jkt`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261202100000_dpop' AND `rolled_back_at` IS NULL;

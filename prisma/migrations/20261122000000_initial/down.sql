-- Reverts the migration: drops everything it created, and removes it from Prisma's records.

DROP TABLE `usernames`;
DROP TABLE `revocation_log`;
DROP TABLE `revocations`;
DROP TABLE `sessions`;
DROP TABLE `credentials`;
DROP TABLE `users`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261122000000_initial' AND `rolled_back_at` IS NULL;

-- The way back: drops everything this migration made, and tells Prisma's bookkeeping.

DROP TABLE `usernames`;
DROP TABLE `revocation_log`;
DROP TABLE `revocations`;
DROP TABLE `sessions`;
DROP TABLE `credentials`;
DROP TABLE `users`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261122000000_initial' AND `rolled_back_at` IS NULL;

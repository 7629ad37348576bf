-- Reverts the migration. Loses the streams, and the signals that receivers have not accepted yet.

DROP TABLE `signals`;
DROP TABLE `signal_streams`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261130104000_signals' AND `rolled_back_at` IS NULL;

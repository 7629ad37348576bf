-- Reverts the migration. Loses nothing.

ALTER TABLE `signals`
  ADD INDEX `signals_waiting` (`stream_id`, `refused_at`, `at`, `seq`),
  DROP INDEX `signals_deliverable`,
  ALGORITHM=INPLACE, LOCK=NONE;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261201100000_signal_backlog' AND `rolled_back_at` IS NULL;

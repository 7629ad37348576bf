-- A paused stream with many signals: what says that its status has changed is found without reading the others
-- (docs/adr/0044-shared-signals.md). The version before keeps working: its queries use the beginning of the index.

ALTER TABLE `signals`
  ADD INDEX `signals_deliverable` (`stream_id`, `refused_at`, `about_status`, `at`, `seq`),
  DROP INDEX `signals_waiting`,
  ALGORITHM=INPLACE, LOCK=NONE;

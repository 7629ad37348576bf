-- When there is another look at what can't be erased yet. Null: at once. The version before looks each time.
-- INSTANT fails rather than copy the table.
ALTER TABLE `erasures`
  ADD COLUMN `due_at` DATETIME(3) NULL,
  ALGORITHM=INSTANT;

-- Usernames in use by their beginning, without a look at released ones (docs/adr/0052-administration.md). The version before
-- keeps working.

ALTER TABLE `usernames`
  ADD INDEX `usernames_state_username_key` (`state`, `username_key`),
  ALGORITHM=INPLACE, LOCK=NONE;

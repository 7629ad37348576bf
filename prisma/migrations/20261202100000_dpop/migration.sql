-- The key that a session is bound to (docs/adr/0051-dpop.md). The version before binds no sessions, and ignores the column.
-- INSTANT fails rather than copy the table.

ALTER TABLE `sessions`
  ADD COLUMN `dpop_jkt` CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ALGORITHM=INSTANT;

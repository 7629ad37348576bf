-- One account per mailbox, however its international domain is written (docs/adr/0028-international-emails.md). Only
-- metadata and an index: SQL can't convert domains, so `migrate` fills the column afterwards. The version before ignores
-- the column.

ALTER TABLE `users`
  ADD COLUMN `email_ascii` VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ALGORITHM=INSTANT;
ALTER TABLE `users`
  ADD UNIQUE INDEX `users_email_ascii` (`email_ascii`),
  ALGORITHM=INPLACE, LOCK=NONE;

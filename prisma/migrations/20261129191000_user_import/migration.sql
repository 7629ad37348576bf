-- For `user import` (docs/adr/0032-import.md): how far each file was imported, and a random order of the credentials, in
-- which the first rows are a fair sample of all hashes. The version before ignores both.

CREATE TABLE `user_imports` (
  `source` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `line` INTEGER UNSIGNED NOT NULL,
  `imported` INTEGER UNSIGNED NOT NULL,
  `refused` INTEGER UNSIGNED NOT NULL,
  `started_at` DATETIME(3) NOT NULL,
  `updated_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`source`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Computed from the id, so it is never written. The end of an id is random. RTRIM, because CHAR depends on a mode of the server.
ALTER TABLE `credentials`
  ADD COLUMN `sample_key` INTEGER UNSIGNED AS (CRC32(RTRIM(`id`))) VIRTUAL,
  ALGORITHM=INSTANT;
ALTER TABLE `credentials`
  ADD INDEX `credentials_sample_key` (`sample_key`),
  ALGORITHM=INPLACE, LOCK=NONE;

-- Codes by mail (docs/adr/0042-codes-by-mail.md): those that are valid, the requests for mails that wait to be handled, and
-- how many mails and guesses there were. The version before ignores them.

CREATE TABLE `verification_codes` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` VARCHAR(254) NOT NULL,
  `code_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `generation` INTEGER UNSIGNED NOT NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `expires_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`user_id`, `purpose`),
  INDEX `verification_codes_expires_at` (`expires_at`),
  CONSTRAINT `verification_codes_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `mail_requests` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` VARCHAR(254) NOT NULL,
  `ip_address` VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `user_agent` VARCHAR(255) NULL,
  `request_id` VARCHAR(128) NULL,
  `created_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `verification_counts` (
  `subject` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `count` INTEGER UNSIGNED NOT NULL,
  `ends_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`subject`),
  INDEX `verification_counts_ends_at` (`ends_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Deletions with a grace period, accepted versions of the terms, and invitations (docs/adr/0050-personal-data.md). The version
-- before ignores them.

-- No foreign key: the row outlives its user, until nothing of them is left in queues.
CREATE TABLE `account_deletions` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `requested_at` DATETIME(3) NOT NULL,
  `due_at` DATETIME(3) NOT NULL,
  `token_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `stays_disabled` BOOLEAN NOT NULL DEFAULT FALSE,
  `erased_at` DATETIME(3) NULL,
  PRIMARY KEY (`user_id`),
  UNIQUE INDEX `account_deletions_token_hash` (`token_hash`),
  INDEX `account_deletions_erased_at_due_at` (`erased_at`, `due_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE `users` ADD COLUMN `terms_version` VARCHAR(64) NULL, ALGORITHM=INSTANT;

-- Whose event it is, so that what was sent can be erased with the account. Null in rows of the version before.
ALTER TABLE `webhook_deliveries`
  ADD COLUMN `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD INDEX `webhook_deliveries_user_id` (`user_id`);

CREATE TABLE `invitations` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` VARCHAR(254) NULL,
  `email_key` VARCHAR(254) NULL,
  `uses` INTEGER UNSIGNED NOT NULL,
  `uses_left` INTEGER UNSIGNED NOT NULL,
  `created_at` DATETIME(3) NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  `revoked_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `invitations_code_hash` (`code_hash`),
  INDEX `invitations_email_key` (`email_key`),
  INDEX `invitations_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Everything is compared byte for byte: utf8mb4_bin for text, ascii_bin for ids and machine-made names.

CREATE TABLE `users` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` VARCHAR(254) NOT NULL,
  `email_key` VARCHAR(254) NOT NULL,
  `first_name` VARCHAR(100) NULL,
  `last_name` VARCHAR(100) NULL,
  `phone_number` VARCHAR(32) NULL,
  `street_name` VARCHAR(200) NULL,
  `city` VARCHAR(100) NULL,
  `state` VARCHAR(100) NULL,
  `zip_code` VARCHAR(20) NULL,
  `country` VARCHAR(100) NULL,
  `role` ENUM('USER', 'ADMIN') NOT NULL DEFAULT 'USER',
  `email_verified_at` DATETIME(3) NULL,
  `marketing_opt_in` BOOLEAN NOT NULL DEFAULT false,
  `terms_accepted_at` DATETIME(3) NULL,
  `last_login_at` DATETIME(3) NULL,
  `disabled_at` DATETIME(3) NULL,
  `generation` INTEGER UNSIGNED NOT NULL DEFAULT 1,
  `created_at` DATETIME(3) NOT NULL,
  `updated_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `users_email_key` (`email_key`),
  INDEX `users_role_id` (`role`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `credentials` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` ENUM('PASSWORD') NOT NULL,
  `identifier` VARCHAR(255) NOT NULL,
  `secret` VARCHAR(255) NOT NULL,
  `created_at` DATETIME(3) NOT NULL,
  `updated_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `credentials_kind_identifier` (`kind`, `identifier`),
  INDEX `credentials_user_id` (`user_id`),
  CONSTRAINT `credentials_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `sessions` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `generation` INTEGER UNSIGNED NOT NULL,
  `refresh_counter` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `refresh_seed` BINARY(32) NOT NULL,
  `rotated_at` DATETIME(3) NOT NULL,
  `last_jti` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ip_address` VARCHAR(45) NULL,
  `user_agent` VARCHAR(255) NULL,
  `created_at` DATETIME(3) NOT NULL,
  `last_used_at` DATETIME(3) NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  `absolute_expires_at` DATETIME(3) NOT NULL,
  `ended_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  INDEX `sessions_user_id_ended_at` (`user_id`, `ended_at`),
  INDEX `sessions_ended_at` (`ended_at`),
  INDEX `sessions_expires_at` (`expires_at`),
  CONSTRAINT `sessions_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `revocations` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `scope` ENUM('TOKEN', 'SESSION', 'USER') NOT NULL,
  `jti` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `sid` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `sub` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `gen` INTEGER UNSIGNED NULL,
  `reason` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  `created_at` DATETIME(3) NOT NULL,
  `published_epoch` BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  INDEX `revocations_published_epoch_id` (`published_epoch`, `id`),
  INDEX `revocations_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `revocation_log` (
  `id` TINYINT UNSIGNED NOT NULL,
  `epoch` BIGINT UNSIGNED NOT NULL,
  `reserved_epoch` BIGINT UNSIGNED NOT NULL,
  `server_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `longest_token_ttl` INTEGER UNSIGNED NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `revocation_log` (`id`, `epoch`, `reserved_epoch`, `server_id`, `longest_token_ttl`) VALUES (1, 0, 0, NULL, 0);

CREATE TABLE `usernames` (
  `username_key` VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display` VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `state` ENUM('OWNED', 'HELD', 'PROTECTED') NOT NULL,
  `held_until` DATETIME(3) NULL,
  PRIMARY KEY (`username_key`),
  INDEX `usernames_user_id_state` (`user_id`, `state`),
  CONSTRAINT `usernames_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

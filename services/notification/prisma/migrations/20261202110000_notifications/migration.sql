-- Notifications, what is sent of them, and how people want to get them (docs/adr/0063-notification.md).

CREATE TABLE `people` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `inbox_seq` BIGINT UNSIGNED NOT NULL DEFAULT 0,
  `choices` TEXT NULL,
  `chosen_at` DATETIME(3) NULL,
  `erased_at` DATETIME(3) NULL,
  `created_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `notifications` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sender` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `idempotency_key` VARCHAR(128) NOT NULL,
  `fingerprint` BINARY(32) NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `category` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `template` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `template_version` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `locale` VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `title` VARCHAR(255) NOT NULL,
  `body` TEXT NOT NULL,
  `link` VARCHAR(2048) NULL,
  `message` MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
  `is_secret` BOOLEAN NOT NULL,
  `inbox_seq` BIGINT UNSIGNED NULL,
  `read_at` DATETIME(3) NULL,
  `expires_at` DATETIME(3) NULL,
  `created_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `notifications_sender_idempotency_key` (`sender`, `idempotency_key`),
  UNIQUE INDEX `notifications_user_id_inbox_seq` (`user_id`, `inbox_seq`),
  INDEX `notifications_unread` (`user_id`, `read_at`, `inbox_seq`),
  INDEX `notifications_recent` (`user_id`, `category`, `created_at`),
  INDEX `notifications_created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `deliveries` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `notification_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `channel` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lane` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `status` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(255) NULL,
  `waits_for` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `due_at` DATETIME(3) NULL,
  `claim` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `tried_since` DATETIME(3) NULL,
  `digest_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `created_at` DATETIME(3) NOT NULL,
  `settled_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `deliveries_notification_id_channel_target` (`notification_id`, `channel`, `target`),
  INDEX `deliveries_due` (`status`, `channel`, `lane`, `due_at`),
  INDEX `deliveries_user_id_status` (`user_id`, `status`),
  INDEX `deliveries_digest_id` (`digest_id`),
  INDEX `deliveries_status_settled_at` (`status`, `settled_at`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `delivery_attempts` (
  `delivery_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `number` INTEGER UNSIGNED NOT NULL,
  `attempted_at` DATETIME(3) NOT NULL,
  `delivered` BOOLEAN NOT NULL,
  `failure` VARCHAR(255) NULL,
  `provider_id` VARCHAR(255) NULL,
  PRIMARY KEY (`delivery_id`, `number`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `processed_events` (
  `consumer` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`consumer`, `event_id`),
  INDEX `processed_events_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

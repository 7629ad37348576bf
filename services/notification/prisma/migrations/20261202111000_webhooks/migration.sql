-- Webhooks and what is sent to them, and the events that this service has for others (docs/adr/0062-mails-and-webhooks-once.md).

CREATE TABLE `webhook_endpoints` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `owner_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `url` VARCHAR(2048) NOT NULL,
  `description` VARCHAR(255) NULL,
  `event_types` VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `enabled` BOOLEAN NOT NULL,
  `disabled_reason` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `failing_since` DATETIME(3) NULL,
  `paced_at` DATETIME(3) NOT NULL,
  `secret` VARBINARY(128) NOT NULL,
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `previous_secret` VARBINARY(128) NULL,
  `previous_key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `previous_until` DATETIME(3) NULL,
  `created_at` DATETIME(3) NOT NULL,
  `updated_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`id`),
  INDEX `webhook_endpoints_owner_id_id` (`owner_id`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `webhook_deliveries` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `endpoint_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` TEXT NOT NULL,
  `status` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `due_at` DATETIME(3) NULL,
  `last_attempt_at` DATETIME(3) NULL,
  `last_response_status` INTEGER UNSIGNED NULL,
  `last_failure` VARCHAR(255) NULL,
  `created_at` DATETIME(3) NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `webhook_deliveries_endpoint_id_event_id` (`endpoint_id`, `event_id`),
  INDEX `webhook_deliveries_user_id` (`user_id`),
  INDEX `webhook_deliveries_due` (`endpoint_id`, `status`, `due_at`),
  INDEX `webhook_deliveries_endpoint_id_id` (`endpoint_id`, `id`),
  INDEX `webhook_deliveries_created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `event_subjects` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_seq` BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `outbox` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT UNSIGNED NOT NULL,
  `at` DATETIME(3) NOT NULL,
  `data` TEXT NOT NULL,
  `trace_parent` VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `published_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `outbox_user_id_seq` (`user_id`, `seq`),
  INDEX `outbox_published_at_id` (`published_at`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `event_deliveries` (
  `consumer` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `due_at` DATETIME(3) NOT NULL,
  `dead_at` DATETIME(3) NULL,
  `reason` VARCHAR(255) NULL,
  PRIMARY KEY (`consumer`, `event_id`),
  INDEX `event_deliveries_due` (`consumer`, `dead_at`, `due_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The outbox (docs/adr/0039-events.md), the queues of its consumers, and what they have processed. The version before
-- ignores them and writes no events.

ALTER TABLE `users`
  ADD COLUMN `event_seq` BIGINT UNSIGNED NOT NULL DEFAULT 0,
  ALGORITHM=INSTANT;

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

CREATE TABLE `processed_events` (
  `consumer` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`consumer`, `event_id`),
  INDEX `processed_events_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

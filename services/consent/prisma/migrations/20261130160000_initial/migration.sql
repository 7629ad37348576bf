-- Consents (docs/adr/0061-consent.md): the texts that were released, what users have agreed to, and the history that proves it.

CREATE TABLE `purpose_texts` (
  `purpose` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` INTEGER UNSIGNED NOT NULL,
  `language` VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `title` VARCHAR(200) NOT NULL,
  `text` TEXT NOT NULL,
  `facts` TEXT NOT NULL,
  `text_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `released_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`purpose`, `version`, `language`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `consents` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` ENUM('GRANTED', 'REVOKED', 'EXPIRED') NOT NULL,
  `scopes` VARCHAR(2112) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text_version` INTEGER UNSIGNED NOT NULL,
  `language` VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `granted_at` DATETIME(3) NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  `revoked_at` DATETIME(3) NULL,
  `jurisdiction` VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `sequence` BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (`user_id`, `purpose`),
  UNIQUE INDEX `consents_id` (`id`),
  INDEX `consents_state_expires_at` (`state`, `expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `consent_chains` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` BIGINT UNSIGNED NOT NULL,
  `last_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `retired_sequence` BIGINT UNSIGNED NOT NULL,
  `retired_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `erased_through` BIGINT UNSIGNED NOT NULL,
  `erased_at` DATETIME(3) NULL,
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`user_id`),
  INDEX `consent_chains_erased_at` (`erased_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `consent_history` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` BIGINT UNSIGNED NOT NULL,
  `schema_version` INTEGER UNSIGNED NOT NULL,
  `consent_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` ENUM('GRANTED', 'REVOKED', 'EXPIRED') NOT NULL,
  `purpose` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `scopes` VARCHAR(2112) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text_version` INTEGER UNSIGNED NOT NULL,
  `language` VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` DATETIME(3) NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  `recorded_by` VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `source` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `jurisdiction` VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `controller_name` VARCHAR(200) NOT NULL,
  `controller_address` VARCHAR(500) NOT NULL,
  `controller_contact` VARCHAR(255) NOT NULL,
  `commitment` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`user_id`, `sequence`),
  INDEX `consent_history_at_user_id` (`at`, `user_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Apart from the history, so that they can be erased.
CREATE TABLE `consent_details` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` BIGINT UNSIGNED NOT NULL,
  `address` VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `user_agent` VARCHAR(255) NULL,
  `salt` CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`user_id`, `sequence`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `consent_keys` (
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `first_used_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`key_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `idempotency_keys` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `key_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`user_id`, `key_hash`),
  INDEX `idempotency_keys_at` (`at`)
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

CREATE TABLE `processed_events` (
  `consumer` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `event_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`consumer`, `event_id`),
  INDEX `processed_events_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Shared Signals (docs/adr/0044-shared-signals.md): the streams, and the signals that wait for their receivers. The version
-- before ignores them.

CREATE TABLE `signal_streams` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `audience` VARCHAR(255) NOT NULL,
  `description` VARCHAR(255) NULL,
  `method` VARCHAR(4) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `endpoint_url` VARCHAR(2048) NULL,
  `sealed_authorization` VARBINARY(2048) NULL,
  `token_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `events_requested` TEXT NOT NULL,
  `status` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `status_reason` VARCHAR(255) NULL,
  `status_by` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` DATETIME(3) NOT NULL,
  `verification_at` DATETIME(3) NULL,
  `push_due_at` DATETIME(3) NOT NULL,
  `push_failures` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `accepted_at` DATETIME(3) NULL,
  `failed_at` DATETIME(3) NULL,
  `failure` VARCHAR(255) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `signal_streams_token_hash` (`token_hash`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `signals` (
  `stream_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `jti` CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `at` DATETIME(3) NOT NULL,
  `seq` BIGINT UNSIGNED NOT NULL,
  `claims` TEXT NOT NULL,
  `about_status` BOOLEAN NOT NULL,
  `created_at` DATETIME(3) NOT NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `refused_at` DATETIME(3) NULL,
  `refusal` VARCHAR(255) NULL,
  PRIMARY KEY (`stream_id`, `jti`),
  INDEX `signals_waiting` (`stream_id`, `refused_at`, `at`, `seq`),
  INDEX `signals_created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The audit log (docs/adr/0029-audit-log.md). Only new tables: the version before ignores them.

CREATE TABLE `audit_entries` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `position` BIGINT UNSIGNED NULL,
  `at` DATETIME(3) NOT NULL,
  `action` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `result` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `account_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `facts` VARCHAR(1024) NOT NULL,
  `commitment` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `seal` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `audit_entries_position` (`position`),
  INDEX `audit_entries_account_id_id` (`account_id`, `id`),
  INDEX `audit_entries_actor_id_id` (`actor_id`, `id`),
  INDEX `audit_entries_action_id` (`action`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `audit_details` (
  `entry_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `salt` CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ip_address` VARCHAR(45) NULL,
  `user_agent` VARCHAR(255) NULL,
  `request_id` VARCHAR(128) NULL,
  `name_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (`entry_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `audit_chain` (
  `id` TINYINT UNSIGNED NOT NULL,
  `position` BIGINT UNSIGNED NOT NULL,
  `seal` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `anchor_position` BIGINT UNSIGNED NOT NULL,
  `anchor_seal` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `anchor_key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `anchor_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `audit_chain` (`id`, `position`, `seal`, `anchor_position`, `anchor_seal`, `anchor_key_id`, `anchor_mac`)
VALUES (1, 0, '', 0, '', '', '');

-- The names that ADMINs protect, and whose a name was and is.

-- The index is for the list of protected names, and for counting all others without reading the rows.
ALTER TABLE `usernames`
  ADD COLUMN `protected_at` DATETIME(3) NULL,
  ADD INDEX `usernames_protected_at` (`protected_at`, `state`, `held_until`);

CREATE TABLE `username_history` (
  `id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `username_key` VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `display` VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `claimed_at` DATETIME(3) NOT NULL,
  `released_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  INDEX `username_history_user_id_id` (`user_id`, `id`),
  CONSTRAINT `username_history_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What is known of the time before: names given up first, so that the one in use is the newest.
INSERT INTO `username_history` (`user_id`, `username_key`, `display`, `claimed_at`, `released_at`)
  SELECT n.`user_id`, n.`username_key`, n.`display`, u.`created_at`, IF(n.`state` = 'OWNED', NULL, UTC_TIMESTAMP(3))
  FROM `usernames` n JOIN `users` u ON u.`id` = n.`user_id`
  ORDER BY n.`state` = 'OWNED', n.`username_key`;

-- Browsers and apps that get push notifications.
CREATE TABLE `push_devices` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `address_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `address` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(100) NULL,
  `created_at` DATETIME(3) NOT NULL,
  `registered_at` DATETIME(3) NOT NULL,
  `last_used_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `push_devices_address_mac` (`address_mac`),
  INDEX `push_devices_user_id_kind` (`user_id`, `kind`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The numbers of people, once they have proved that they get SMS there.
CREATE TABLE `phone_numbers` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `number` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ending` CHAR(4) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `verified_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The codes with which they prove it. Each person has one at most.
CREATE TABLE `phone_number_codes` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `number` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `guesses` INTEGER UNSIGNED NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`user_id`),
  INDEX `phone_number_codes_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How many codes were sent in a period, for a person, a number, the beginning of a number, and everyone: a keyed hash of which.
CREATE TABLE `phone_number_code_counts` (
  `subject` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `period_ends_at` DATETIME(3) NOT NULL,
  `sent` INTEGER UNSIGNED NOT NULL,
  PRIMARY KEY (`subject`, `period_ends_at`),
  INDEX `phone_number_code_counts_period_ends_at` (`period_ends_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Passkeys (docs/adr/0049-passkeys.md): what a credential of the kind PASSKEY has besides its row in credentials, and the
-- challenges that were used. The version before ignores them, and lists no passkeys.

CREATE TABLE `passkeys` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `credential_id` VARBINARY(1023) NOT NULL,
  `public_key` VARBINARY(1024) NOT NULL,
  `user_handle` BINARY(32) NOT NULL,
  `sign_count` INTEGER UNSIGNED NOT NULL,
  `transports` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `aaguid` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `backup_eligible` BOOLEAN NOT NULL,
  `backed_up` BOOLEAN NOT NULL,
  `name` VARCHAR(64) NOT NULL,
  `last_used_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `passkeys_id_fkey` FOREIGN KEY (`id`) REFERENCES `credentials` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `used_challenges` (
  `challenge` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expires_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`challenge`),
  INDEX `used_challenges_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Second factors (docs/adr/0047-second-factors.md): how and when the person of a session has proved who they are, the kinds
-- of credentials besides passwords, recovery codes, and sign-ins that wait for the second factor. The version before knows
-- none of it: its sessions were started with a password, at created_at. INSTANT fails rather than copy a table.

ALTER TABLE `sessions`
  ADD COLUMN `auth_time` DATETIME(3) NULL,
  ADD COLUMN `amr` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pwd',
  ALGORITHM=INSTANT;

ALTER TABLE `credentials`
  MODIFY `kind` ENUM('PASSWORD', 'TOTP', 'PASSKEY') NOT NULL,
  ALGORITHM=INSTANT;

CREATE TABLE `recovery_codes` (
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code_mac` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`user_id`, `code_mac`),
  CONSTRAINT `recovery_codes_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `sign_in_challenges` (
  `token_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `generation` INTEGER UNSIGNED NOT NULL,
  `amr` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_agent` VARCHAR(255) NULL,
  `attempts` INTEGER UNSIGNED NOT NULL DEFAULT 0,
  `expires_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`token_hash`),
  INDEX `sign_in_challenges_user_id` (`user_id`),
  INDEX `sign_in_challenges_expires_at` (`expires_at`),
  CONSTRAINT `sign_in_challenges_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

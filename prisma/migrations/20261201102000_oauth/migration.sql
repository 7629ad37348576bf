-- Sign-in with providers (docs/adr/0048-oauth.md): the accounts at providers, and the sign-ins that have begun. The version
-- before ignores them: until the next update, users who have no password can't sign in.

CREATE TABLE `oauth_accounts` (
  `id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `provider` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `issuer` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `subject` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` VARCHAR(254) NULL,
  `sealed_tokens` BLOB NULL,
  `key_id` CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `token_expires_at` DATETIME(3) NULL,
  `refreshing_until` DATETIME(3) NULL,
  `created_at` DATETIME(3) NOT NULL,
  `last_used_at` DATETIME(3) NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `oauth_accounts_identity` (`provider`, `issuer`, `subject`),
  UNIQUE INDEX `oauth_accounts_user_id_provider` (`user_id`, `provider`),
  CONSTRAINT `oauth_accounts_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `oauth_states` (
  `state_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `binding_hash` CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `provider` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `redirect_uri` VARCHAR(2048) NOT NULL,
  `return_to` VARCHAR(2048) NULL,
  `user_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `session_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `expires_at` DATETIME(3) NOT NULL,
  PRIMARY KEY (`state_hash`),
  INDEX `oauth_states_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

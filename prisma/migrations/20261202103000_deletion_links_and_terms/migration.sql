-- The mail about a deletion can be sent again with the same link, and a sign-up at a provider knows which terms the person has
-- accepted. The version before ignores both columns.

ALTER TABLE `account_deletions`
  ADD COLUMN `link_id` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM=INSTANT;

ALTER TABLE `oauth_states` ADD COLUMN `terms_version` VARCHAR(64) NULL, ALGORITHM=INSTANT;

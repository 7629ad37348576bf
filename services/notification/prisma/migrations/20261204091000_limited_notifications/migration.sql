-- Which notifications the limits of a person have suppressed: those do not count for the limits. The version before marks none.
-- INSTANT fails rather than copy the table, and INPLACE builds the index while notifications are stored.
ALTER TABLE `notifications`
  ADD COLUMN `is_limited` BOOLEAN NOT NULL DEFAULT FALSE,
  ALGORITHM=INSTANT;

ALTER TABLE `notifications`
  ADD INDEX `notifications_counted` (`user_id`, `category`, `is_limited`, `created_at`),
  DROP INDEX `notifications_recent`,
  ALGORITHM=INPLACE, LOCK=NONE;

-- Reverts the migration. Loses the events that were not published or processed: mails and calls of webhooks among them.

DROP TABLE `processed_events`;
DROP TABLE `event_deliveries`;
DROP TABLE `outbox`;

ALTER TABLE `users` DROP COLUMN `event_seq`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261130100000_events' AND `rolled_back_at` IS NULL;

-- Reverts the migration. Loses the receivers, their secrets, and what was not sent to them.

DROP TABLE `webhook_deliveries`;
DROP TABLE `webhook_endpoints`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261130103000_webhooks' AND `rolled_back_at` IS NULL;

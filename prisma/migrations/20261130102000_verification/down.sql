-- Reverts the migration. Codes in mails that were sent stop working; their users can request new ones after an upgrade.

DROP TABLE `verification_counts`;
DROP TABLE `mail_requests`;
DROP TABLE `verification_codes`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261130102000_verification' AND `rolled_back_at` IS NULL;

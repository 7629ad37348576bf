-- Reverts the migration. Loses the audit log: export it first if you must keep it.

DROP TABLE `audit_chain`;
DROP TABLE `audit_details`;
DROP TABLE `audit_entries`;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261129190000_audit_log' AND `rolled_back_at` IS NULL;

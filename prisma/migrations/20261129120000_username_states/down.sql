-- Reverts the migration: gives released and retired usernames their old states. Keeps all data. Rebuilds the table.

UPDATE `usernames` SET `state` = IF(`state` = 'RELEASED', 'HELD', 'PROTECTED') WHERE `state` IN ('RELEASED', 'RETIRED');
ALTER TABLE `usernames` MODIFY `state` ENUM('OWNED', 'HELD', 'PROTECTED') NOT NULL;

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261129120000_username_states' AND `rolled_back_at` IS NULL;

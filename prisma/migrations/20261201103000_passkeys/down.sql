-- Reverts the migration. Passkeys stop working for good: their public keys are lost. Users sign in with their passwords, or
-- reset them by mail.

DROP TABLE `used_challenges`;
DROP TABLE `passkeys`;
DELETE FROM `credentials` WHERE `kind` = 'PASSKEY';

UPDATE `_prisma_migrations` SET `rolled_back_at` = UTC_TIMESTAMP(3) WHERE `migration_name` = '20261201103000_passkeys' AND `rolled_back_at` IS NULL;

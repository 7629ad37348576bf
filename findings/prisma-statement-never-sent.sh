#!/usr/bin/env bash
# In a Prisma transaction, a statement that is started together with a failing one resolves, although it was never sent.
#
# Versions   prisma, @prisma/client, @prisma/adapter-mariadb 7.10.0; MariaDB 10.11
# Behavior   A callback starts two $executeRaw in the same turn of the event loop. The first one fails with a duplicate key. The
#            second one is not sent, and its promise is fulfilled with undefined. Outside a transaction, or one after the
#            other, both behave as documented: it is sent, and its promise has the number of rows.
# Source     Prisma's reference: $executeRaw returns the number of rows affected.
# Why        Promise.allSettled, or a catch for each statement, takes the second write for done. Await statements of a
#            transaction one after the other, or let the first failure end it.
#
# Needs node 24, npm, mariadbd and mariadb-install-db. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-33998}
cleanup() {
  [ -z "${server:-}" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal >/dev/null
mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/socket" --port="$port" --bind-address=127.0.0.1 \
  --skip-name-resolve --user="$(id -un)" 2>"$folder/log" &
server=$!
until mariadb --no-defaults --socket="$folder/socket" -u root -e 'SELECT 1' >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$folder/log"; exit 1; }
  sleep 0.1
done
mariadb --no-defaults --socket="$folder/socket" -u root -e "
  CREATE DATABASE finding;
  CREATE USER finder@127.0.0.1 IDENTIFIED BY 'finder';
  GRANT ALL ON finding.* TO finder@127.0.0.1;
  CREATE TABLE finding.counters (id INT PRIMARY KEY, value INT NOT NULL);
  INSERT INTO finding.counters VALUES (1, 0);"

npm init -y >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts prisma@7.10.0 @prisma/client@7.10.0 @prisma/adapter-mariadb@7.10.0
cat >schema.prisma <<'PRISMA'
generator client {
  provider               = "prisma-client"
  output                 = "./client"
  importFileExtension    = "ts"
  generatedFileExtension = "ts"
}
datasource db {
  provider = "mysql"
}
model Counter {
  id    Int @id
  value Int
  @@map("counters")
}
PRISMA
# Generating needs no schema engine; naming any file keeps Prisma from downloading one.
PRISMA_SCHEMA_ENGINE_BINARY=$(command -v node) CHECKPOINT_DISABLE=1 npx prisma generate --schema schema.prisma >/dev/null

cat >finding.ts <<'TS'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaClient } from './client/client.ts'

const adapter = new PrismaMariaDb({
  host: '127.0.0.1', port: Number(process.argv[2]), user: 'finder', password: 'finder', database: 'finding',
})
const prisma = new PrismaClient({ adapter })
const add = (client: Pick<PrismaClient, '$executeRaw'>, id: number) =>
  client.$executeRaw`INSERT INTO counters VALUES (${id}, 0)`

const inTransaction = await prisma.$transaction((tx) => Promise.allSettled([add(tx, 1), add(tx, 2)]))
const outside = await Promise.allSettled([add(prisma, 1), add(prisma, 3)])
const rows = (await prisma.counter.findMany()).map(({ id }) => id)
console.log('together in a transaction:', ...inTransaction.map((one) => [one.status, 'value' in one && one.value]))
console.log('together outside of one:  ', ...outside.map((one) => [one.status, 'value' in one && one.value]))
console.log('rows:', rows)
await prisma.$disconnect()
const second = inTransaction[1]
process.exitCode = second?.status === 'fulfilled' && second.value === undefined && !rows.includes(2) && rows.includes(3) ? 0 : 1
TS
echo "Prisma $(node -p "require('@prisma/client/package.json').version"), MariaDB $(mariadbd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1), Node.js $(node --version)"
if node finding.ts "$port"; then
  echo 'As found: the second statement was fulfilled and never sent.'
else
  echo 'Changed: the second statement is sent, or rejects.'
  exit 1
fi

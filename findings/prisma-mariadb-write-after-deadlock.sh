#!/usr/bin/env bash
# After a deadlock, a write through the same Prisma transaction is committed on its own.
#
# Versions   prisma, @prisma/client, @prisma/adapter-mariadb 7.10.0; MariaDB 10.11
# Behavior   Two interactive transactions deadlock, and the server rolls one of them back (error 1213). If its callback
#            catches the error and writes again through the same `tx`, the write succeeds outside any transaction: it
#            stays, even though the callback then throws and $transaction rejects.
# Source     MariaDB, "InnoDB Lock Modes": a deadlock rolls back the whole transaction. Prisma's guide to interactive
#            transactions says that an exception in the callback rolls everything back.
# Why        Code that catches errors inside a transaction, such as "insert an audit row, whatever happened", leaves rows
#            of a change that was never made. A wrapper has to refuse every statement after a failed one.
#
# Needs node 24, npm, mariadbd and mariadb-install-db. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-33997}
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
  INSERT INTO finding.counters VALUES (1, 0), (2, 0), (3, 0);"

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
import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaClient } from './client/client.ts'

const adapter = new PrismaMariaDb({
  host: '127.0.0.1', port: Number(process.argv[2]), user: 'finder', password: 'finder', database: 'finding',
})
const prisma = new PrismaClient({ adapter })
const set = (tx: Pick<PrismaClient, 'counter'>, id: number, value: number) =>
  tx.counter.update({ where: { id }, data: { value } })

/** Locks `first`, then wants `second`. The victim of the deadlock writes row 3 and then throws. */
const run = (first: number, second: number) =>
  prisma.$transaction(async (tx) => {
    await set(tx, first, 10)
    await sleep(300)
    try {
      await set(tx, second, 10)
    } catch {
      await set(tx, 3, 99)
      throw new Error('rolled back, as the caller believes')
    }
  })
const outcomes = await Promise.allSettled([run(1, 2), run(2, 1)])
const rejected = outcomes.filter(({ status }) => status === 'rejected').length
const { value } = await prisma.counter.findUniqueOrThrow({ where: { id: 3 } })
console.log(`rejected transactions: ${rejected}, row 3 written by the rejected one: ${value === 99}`)
await prisma.$disconnect()
process.exitCode = rejected === 1 && value === 99 ? 0 : 1
TS
echo "Prisma $(node -p "require('@prisma/client/package.json').version"), MariaDB $(mariadbd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1), Node.js $(node --version)"
if node finding.ts "$port"; then
  echo 'As found: the write after the deadlock stays.'
else
  echo 'Changed: the write after the deadlock no longer stays.'
  exit 1
fi

#!/usr/bin/env bash
# After a failover, destroy() of the mariadb driver kills another client's connection, on the new server.
#
# Versions   mariadb (the connector for Node.js) 3.4.5; MariaDB 10.11
# Behavior   destroy() of a connection with a statement in progress opens a second connection to the same address and
#            sends KILL with the thread number of the first. Behind a proxy, a virtual IP address or a changed DNS name,
#            the address can lead to another server by then. There the number belongs to another client of the same
#            account, whose connection is killed. The statement on the old server continues.
# Source     lib/connection.js, destroy(): "relying on IP in place of DNS to ensure using same server".
# Why        pool.end() calls destroy() for connections that are still in use after ten seconds, so a service that closes
#            a pool after a failover kills connections of its own account on the new primary. To end a busy connection,
#            close its socket.
#
# Needs node 24, npm, mariadbd and mariadb-install-db. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-33987}
servers=()
cleanup() {
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

start() {
  mariadb-install-db --no-defaults --datadir="$folder/$1" --auth-root-authentication-method=normal >/dev/null
  mariadbd --no-defaults --datadir="$folder/$1" --socket="$folder/$1.socket" --port="$2" --bind-address=127.0.0.1 \
    --skip-name-resolve --user="$(id -un)" 2>"$folder/$1.log" &
  servers+=($!)
  until mariadb --no-defaults --socket="$folder/$1.socket" -u root -e 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "${servers[-1]}" || { cat "$folder/$1.log"; exit 1; }
    sleep 0.1
  done
  mariadb --no-defaults --socket="$folder/$1.socket" -u root -e "CREATE USER finder@127.0.0.1 IDENTIFIED BY 'finder';"
}
start old "$port"
start new "$((port + 1))"

npm init -y >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts mariadb@3.4.5

cat >finding.js <<'JS'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mariadb from 'mariadb'

const [oldPort, newPort] = process.argv.slice(2).map(Number)
let target = oldPort
/** The address of the primary: connections that exist keep their server. */
const proxy = createServer((client) => {
  const server = connect(target, '127.0.0.1')
  for (const socket of [client, server]) socket.on('error', () => {})
  client.pipe(server)
  server.pipe(client)
}).listen(0, '127.0.0.1')
await once(proxy, 'listening')
const open = (port) => mariadb.createConnection({ host: '127.0.0.1', port, user: 'finder', password: 'finder' })

/** Thread numbers count up on each server. Returns connections to both that have the same number. */
async function sameThread() {
  let [ours, theirs] = [await open(proxy.address().port), await open(newPort)]
  while (ours.threadId !== theirs.threadId) {
    if (ours.threadId < theirs.threadId) ours = await open(proxy.address().port)
    else theirs = await open(newPort)
  }
  return [ours, theirs]
}
const [ours, theirs] = await sameThread()
theirs.on('error', () => {})
ours.query('SELECT SLEEP(20)').catch(() => {})
const watch = await open(oldPort)
const running = () => watch.query("SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")
while ((await running()).length === 0) await sleep(20)

target = newPort
ours.destroy()
let killed = false
for (let i = 0; i < 50 && !killed; i++) {
  killed = await theirs.query('SELECT 1').then(() => false, () => true)
  if (!killed) await sleep(100)
}
console.log(`connection of another client on the new server killed: ${killed}`)
process.exit(killed ? 0 : 1)
JS
echo "mariadb $(node -p "require('mariadb/package.json').version"), MariaDB $(mariadbd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1), Node.js $(node --version)"
if node finding.js "$port" "$((port + 1))"; then
  echo 'As found: destroy() kills a connection on the server that the address leads to now.'
else
  echo 'Changed: destroy() no longer kills a connection on another server.'
  exit 1
fi

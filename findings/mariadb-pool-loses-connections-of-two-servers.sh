#!/usr/bin/env bash
# A pool of the mariadb driver loses connections when two servers are behind one address.
#
# Versions   mariadb (the connector for Node.js) 3.4.5; MariaDB 10.11
# Behavior   The pool keeps its busy connections in an object whose keys are thread numbers. Two servers behind a load
#            balancer number their threads independently. If two busy connections have the same number, the release of the
#            second is ignored: the pool counts it neither as idle nor as active, never uses it again, and pool.end()
#            leaves it open. The server keeps the connection, and the pool opens another one beyond its limit.
# Source     lib/pool.js, release(): "Already released".
# Why        connectionLimit no longer limits the connections, and the number of lost ones grows with every collision.
#
# Needs node 24, npm, mariadbd and mariadb-install-db. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-33977}
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
start first "$port"
start second "$((port + 1))"

npm init -y >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts mariadb@3.4.5

cat >finding.js <<'JS'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mariadb from 'mariadb'

const ports = process.argv.slice(2).map(Number)
let accepted = 0
/** A load balancer: each new connection gets the next server. */
const proxy = createServer((client) => {
  const server = connect(ports[accepted++ % 2], '127.0.0.1')
  for (const socket of [client, server]) socket.on('error', () => {})
  client.pipe(server)
  server.pipe(client)
}).listen(0, '127.0.0.1')
await once(proxy, 'listening')
const account = { user: 'finder', password: 'finder' }
const open = (port) => mariadb.createConnection({ host: '127.0.0.1', port, ...account })

/** Brings both servers to the same thread number, so that the next connections to them have the same one. */
let [one, two] = [await open(ports[0]), await open(ports[1])]
while (one.threadId !== two.threadId) {
  if (one.threadId < two.threadId) one = await open(ports[0])
  else two = await open(ports[1])
}
const pool = mariadb.createPool({
  host: '127.0.0.1', port: proxy.address().port, ...account, connectionLimit: 2, minimumIdle: 2,
})
const busy = [await pool.getConnection(), await pool.getConnection()]
const same = busy[0].threadId === busy[1].threadId
for (const connection of busy) await connection.release()
const { total, idle } = { total: pool.totalConnections(), idle: pool.idleConnections() }
console.log(`same thread number: ${same}; after both were released: ${idle} idle, ${total} in total, of 2`)
await pool.end()
const sql = "SELECT id FROM information_schema.processlist WHERE user = 'finder' AND id = ?"
/** The server needs a moment to end a thread. */
await sleep(2000)
const left = (await Promise.all([one, two].map((watch) => watch.query(sql, [busy[0].threadId])))).flat().length
console.log(`connections that are open after pool.end(): ${left}`)
process.exit(same && total === 1 && left === 1 ? 0 : 1)
JS
echo "mariadb $(node -p "require('mariadb/package.json').version"), MariaDB $(mariadbd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1), Node.js $(node --version)"
if node finding.js "$port" "$((port + 1))"; then
  echo 'As found: the pool loses a connection.'
else
  echo 'Changed: the pool no longer loses a connection.'
  exit 1
fi

#!/usr/bin/env bash
# A pool of the mariadb driver ends the process with an unhandled 'error' event when the server closes the connection during
# a TLS handshake, although the pool has an error listener.
#
# Versions   mariadb 3.5.4, Node.js 20 and 24
# Behavior   The end of the connection is reported twice: Node.js destroys the TLS socket with an error, which it emits in the
#            next tick. The driver listens for 'end' too, and removes every listener of the socket at once. So the error of the
#            next tick is unhandled.
# Source     mariadb, lib/connection.js: `fatalError` calls `this.socket.removeAllListeners()` before it destroys the socket.
#            Node.js, lib/internal/tls/wrap.js: `onConnectEnd`, the first listener for 'end', calls `destroy(error)`.
# Why        A database server that restarts, or a proxy in front of it, closes connections at any time. During such a moment
#            each service with TLS would end.
#
# Needs node 20.19 and npm. Everything else goes into a temporary folder. The server of this script speaks only the greeting.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mariadb@3.5.4
cat >finding.mjs <<'JS'
import { createServer } from 'node:net'
import { createPool } from 'mariadb'

// Protocol 10, version, thread, salt, capabilities (TLS among them), collation, status, plugin.
const body = Buffer.concat([
  Buffer.from('\x0a10.11.6-MariaDB\0\x01\0\0\x0012345678\0', 'latin1'),
  Buffer.from([0xff, 0xff, 33, 2, 0, 0xff, 0x81, 21, ...Array(10).fill(0)]),
  Buffer.from('123456789012\0mysql_native_password\0'),
])
const greeting = Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body])

let handshakes = 0
const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.write(greeting)
  socket.on('data', () => {
    handshakes += 1
    socket.end()
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

let unhandled
process.on('uncaughtException', (error) => (unhandled ??= error))
const { port } = server.address()
const pool = createPool({ host: '127.0.0.1', port, user: 'u', password: 'p', ssl: true, acquireTimeout: 500 })
pool.on('error', () => {})
for (let i = 0; i < 5; i++) await pool.query('SELECT 1').catch(() => {})
console.log(`handshakes: ${handshakes}; unhandled: ${unhandled?.message ?? 'none'}`)
process.exit(handshakes > 0 && unhandled ? 0 : 1)
JS
echo "mariadb $(node -p "JSON.parse(require('fs').readFileSync('node_modules/mariadb/package.json')).version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: the error of a TLS socket is unhandled, although the pool has a listener.'
else
  echo 'Changed: no error was unhandled.'
  exit 1
fi

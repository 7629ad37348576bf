#!/usr/bin/env bash
# ioredis 6.0.0: disconnect(true) during a slow connect ends the client for good.
#
# `disconnect(true)` means: close the connection and open a new one. That holds for an open connection, and for a socket
# that is still connecting. But while the client finds out from Sentinels where to connect, the call makes this attempt fail
# with "Connection is closed.", and the client takes that for its end: status "end", no "reconnecting", although a
# retryStrategy is set. A Sentinel that takes its time is enough, and Sentinels do during a failover.
#
# Source: SentinelConnector.connect() rejects once disconnect() was called; Redis.connect() sets the status "end" for any
# rejection of the connector (built/connectors/SentinelConnector/index.js, built/Redis.js).
#
# Why it matters: programs call it when they notice a failover, so it happens at the worst time, and the process then has
# no Redis until it is restarted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat >show.mjs <<'JS'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'

console.log('ioredis', JSON.parse(readFileSync('node_modules/ioredis/package.json', 'utf8')).version)

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

/** Calls disconnect(true) once a connection has begun, and returns the next status that lasts. */
async function outcome(options) {
  const begun = once(server, 'connection')
  const redis = new Redis({ retryStrategy: () => 10, sentinelRetryStrategy: () => 10, disconnectTimeout: 10, ...options })
  redis.on('error', () => {})
  const [socket] = await begun
  socket.on('error', () => {})
  const next = new Promise((resolve) => {
    for (const status of ['end', 'reconnecting']) redis.once(status, () => resolve(status))
  })
  redis.disconnect(true)
  // The Sentinel ends the connection without an answer.
  socket.destroy()
  const status = await next
  redis.disconnect()
  return status
}

const single = await outcome({ host: '127.0.0.1', port })
const sentinel = await outcome({ name: 'primary', sentinels: [{ host: '127.0.0.1', port }] })
console.log('one server:      ', single)
console.log('through Sentinel:', sentinel)
server.close()
if (single !== 'reconnecting' || sentinel !== 'end') {
  console.log('The behavior has changed.')
  process.exit(1)
}
process.exit(0)
JS
node show.mjs

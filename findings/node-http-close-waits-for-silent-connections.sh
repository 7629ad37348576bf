#!/usr/bin/env bash
# Node.js 24.21.0: close() of an HTTP server waits for a connection that has never sent anything, and no timeout ends it.
#
# The documentation says that close() "closes all connections connected to this server which are not sending a request or
# waiting for a response". A connection on which no request has arrived yet is neither, but it stays open: idle are only
# connections that have completed a request. Before close(), headersTimeout ends such a connection. close() also stops the
# timer that checks headersTimeout and requestTimeout, so that from then on nothing does, except server.timeout, which is off
# by default: the server never closes.
#
# Source: Server.close() calls closeIdleConnections() and clears kConnectionsCheckingInterval (lib/_http_server.js).
#
# Why it matters: browsers and balancers open connections in advance, and so does fetch() of Node.js: when a request is
# aborted, it replaces the connection at once, without a request to send. One of them holds up a stop until its time limit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat >show.mjs <<'JS'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

console.log('Node.js', process.version)

const TIMEOUT_MS = 500

async function start() {
  const server = createServer({ headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 50 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(server.address().port, '127.0.0.1')
  client.on('error', () => {}).resume()
  await once(server, 'connection')
  return { server, client }
}

/** What happens to the silent connection, in six times its limit. */
const outcome = (client) => Promise.race([once(client, 'close').then(() => 'closed'), sleep(6 * TIMEOUT_MS, 'open')])

const open = await start()
const before = await outcome(open.client)
const closing = await start()
closing.server.close()
const after = await outcome(closing.client)
console.log(`silent connection of a server:               ${before}`)
console.log(`silent connection of a server after close(): ${after}`)
if (before !== 'closed' || after !== 'open') {
  console.log('The behavior has changed.')
  process.exit(1)
}
process.exit(0)
JS
node_modules/.bin/node show.mjs

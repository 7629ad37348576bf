#!/usr/bin/env bash
# amqplib percent-decodes the `vhost` of its options object, so the name of a virtual host that has a % becomes another one.
#
# Version    amqplib 2.3.1
# Behavior   `connect({ hostname, vhost: 'a%2Fb' })` opens the virtual host `a/b`, as the URL `amqp://host/a%2Fb` does.
#            `username` and `password` of the same object are taken as they are.
# Source     lib/connect.js: `openFrames` unescapes the vhost, whether it comes from a URL or from the object.
# Why        A program that has the name from a variable, or has parsed a URL itself, passes on the decoded name. With a % in
#            it, the connection is refused, or opened to another virtual host. The cure is to encode it again, which looks
#            like a mistake.
#
# Needs node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund amqplib@2.3.1
cat >finding.mjs <<'JS'
import { createServer } from 'node:net'
import amqp from 'amqplib'

const u16 = (n) => [n >> 8, n & 255]
const u32 = (n) => [...u16(n >>> 16), ...u16(n & 65_535)]
const long = (text) => [...u32(text.length), ...Buffer.from(text)]
/** A frame of channel 0 with one method of the class connection. */
const frame = (method, fields) => {
  const payload = [...u16(10), ...u16(method), ...fields]
  return Buffer.from([1, 0, 0, ...u32(payload.length), ...payload, 0xce])
}
const START = frame(10, [0, 9, ...u32(0), ...long('PLAIN'), ...long('en_US')])
const TUNE = frame(30, [...u16(100), ...u32(131_072), ...u16(0)])

/** The beginning of AMQP 0-9-1, until the client has named its virtual host. */
function vhostOf(connect) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      let received = Buffer.alloc(0)
      let isStarted = false
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        received = Buffer.concat([received, data])
        if (!isStarted && received.length >= 8) {
          isStarted = true
          received = received.subarray(8)
          socket.write(START)
        }
        while (isStarted && received.length >= 7 && received.length >= received.readUInt32BE(3) + 8) {
          const payload = received.subarray(7, 7 + received.readUInt32BE(3))
          received = received.subarray(payload.length + 8)
          const method = payload.readUInt16BE(2)
          if (method === 11) socket.write(TUNE)
          if (method !== 40) continue
          resolve(payload.subarray(5, 5 + payload[4]).toString())
          socket.destroy()
          server.close()
        }
      })
    })
    server.listen(0, '127.0.0.1', () => connect(server.address().port).catch(() => undefined))
    setTimeout(() => reject(new Error('the client named no virtual host')), 10_000).unref()
  })
}
const options = (vhost) => (port) => amqp.connect({ protocol: 'amqp', hostname: '127.0.0.1', port, vhost })
const found = {
  'URL with /a%2Fb': await vhostOf((port) => amqp.connect(`amqp://127.0.0.1:${port}/a%2Fb`)),
  "option 'a%2Fb'": await vhostOf(options('a%2Fb')),
  "option 'a%252Fb'": await vhostOf(options('a%252Fb')),
}
for (const [given, vhost] of Object.entries(found)) console.log(`${given}: opens the virtual host ${vhost}`)
process.exit(Object.values(found).join(' ') === 'a/b a/b a%2Fb' ? 0 : 1)
JS
echo "amqplib $(node -p "require('./node_modules/amqplib/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: the option is decoded.'
else
  echo 'Changed: the option is taken as it is.'
  exit 1
fi

#!/usr/bin/env bash
# Node.js 24 needs several times as long for an HMAC or a cipher whose key is a Buffer instead of a KeyObject.
#
# Version    Node.js 24.21.0, from npm's package `node`; 20 is not affected
# Behavior   createHmac('sha256', buffer) takes 14 µs in a loop, with a KeyObject of the same bytes, or a string, 2 µs.
#            createDecipheriv with a Buffer takes 18 µs instead of 3; code that is not hot loses far more.
#            With Error.stackTraceLimit = 0, the difference is half as large.
# Source     A CPU profile: prepareSecretKey asks isKeyObject, which reads the private fields of the key (getKeyObjectSlots). For
#            anything else that throws, and an exception with its stack trace is made and caught for each key.
# Why        Buffers are what most code passes as keys: sessions, signed cookies, webhooks, TOTP. The documentation recommends
#            KeyObjects for other reasons, and nothing says that the rest became slower.
#
# Needs Linux, npm and the network. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat >keys.mjs <<'JS'
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
const buffer = randomBytes(32)
const keys = { Buffer: buffer, KeyObject: createSecretKey(buffer) }
const microseconds = (key) => {
  const { user, system } = process.cpuUsage()
  for (let i = 0; i < 20_000; i++) createHmac('sha256', key).update('text').digest()
  const used = process.cpuUsage({ user, system })
  return (used.user + used.system) / 20_000
}
for (const key of Object.values(keys)) microseconds(key)
const [slow, fast] = Object.values(keys).map(microseconds)
console.log(`Node.js ${process.version}: ${slow.toFixed(1)} µs with a Buffer, ${fast.toFixed(1)} µs with a KeyObject`)
process.exitCode = slow > 3 * fast ? 0 : 1
JS
if node_modules/.bin/node keys.mjs; then
  echo 'As found: a Buffer as the key takes more than three times as long.'
else
  echo 'Changed.'
  exit 1
fi

#!/usr/bin/env bash
# standardwebhooks reads every secret as base64: 64 hex characters become a key of 48 bytes, without an error.
#
# Version    standardwebhooks 1.1.1
# Behavior   `new Webhook(secret)` decodes the text as base64, whatever it looks like. Hex is also valid base64, so the
#            output of `openssl rand -hex 32` is accepted and gives another key than its 32 bytes or its 64 characters.
#            Signatures then verify between two users of this library, and fail against every implementation that
#            decodes hex or takes the text as it is.
# Source     Standard Webhooks specification, "Signature scheme": secrets are base64, prefixed with whsec_.
# Why        Secrets of this kind are hex in most configurations. The mistake shows only once a receiver in another
#            language is connected, and then looks like a broken signature.
#
# Needs node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund standardwebhooks@1.1.1
cat >finding.mjs <<'JS'
import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

const secret = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const [id, at, payload] = ['msg_1', new Date(1_800_000_000_000), '{"type":"user.registered"}']
const signature = new Webhook(secret).sign(id, at, payload)
const expected = (key) =>
  `v1,${createHmac('sha256', key).update(`${id}.${at.getTime() / 1000}.${payload}`).digest('base64')}`
const found = {
  'the 32 bytes that the hex stands for': signature === expected(Buffer.from(secret, 'hex')),
  'the 64 characters as text': signature === expected(Buffer.from(secret)),
  'the 48 bytes of the hex read as base64': signature === expected(Buffer.from(secret, 'base64')),
}
for (const [key, matches] of Object.entries(found)) console.log(`${matches ? 'signed with ' : 'not signed with '}${key}`)
process.exitCode = Object.values(found).join() === 'false,false,true' ? 0 : 1
JS
echo "standardwebhooks $(node -p "require('./node_modules/standardwebhooks/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: a hex secret is read as base64.'
else
  echo 'Changed: a hex secret is no longer read as base64.'
  exit 1
fi

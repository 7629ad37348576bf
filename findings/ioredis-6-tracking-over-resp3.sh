#!/usr/bin/env bash
# ioredis 6 speaks RESP3 by default, and over RESP3 invalidation messages of CLIENT TRACKING … REDIRECT never arrive.
#
# Versions   ioredis 6.0.0, Redis 7.0
# Behavior   A connection subscribes to __redis__:invalidate, another one turns tracking on with REDIRECT to it and BCAST.
#            After a write elsewhere, the subscriber gets a message with `protocol: 2` and none with `protocol: 3`, which
#            is the default since ioredis 6. There is no error, and no event of another name.
# Source     Redis, "Client-side caching": two-connection mode for RESP2, push messages for RESP3. ioredis, RedisOptions:
#            `protocol` defaults to 3.
# Why        A cache that is invalidated this way worked on ioredis 5 and keeps stale values forever after the upgrade.
#
# Needs node 20.19, npm and redis-server. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-16397}
cleanup() {
  [ -z "${server:-}" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$folder" >/dev/null &
server=$!
until redis-cli -p "$port" ping >/dev/null 2>&1; do kill -0 "$server"; sleep 0.1; done

npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat >finding.mjs <<'JS'
import { once } from 'node:events'
import { Redis } from 'ioredis'

const port = Number(process.argv[2])
async function invalidations(protocol) {
  const [reader, writer, subscriber] = [3, 3, 3].map(() => new Redis({ port, protocol }))
  await Promise.all([reader, writer, subscriber].map((redis) => once(redis, 'ready')))
  let messages = 0
  for (const event of ['messageBuffer', 'pmessageBuffer', 'smessageBuffer']) subscriber.on(event, () => (messages += 1))
  const id = String(await subscriber.client('ID'))
  await subscriber.subscribe('__redis__:invalidate')
  await reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST')
  await writer.set('key', 'value')
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (const redis of [reader, writer, subscriber]) redis.disconnect()
  return messages
}
const [resp2, resp3] = [await invalidations(2), await invalidations(3)]
console.log(`invalidation messages over RESP2: ${resp2}, over RESP3: ${resp3}`)
process.exitCode = resp2 > 0 && resp3 === 0 ? 0 : 1
JS
echo "ioredis $(node -p "require('ioredis/package.json').version"), $(redis-server --version | cut -d' ' -f1-3), Node.js $(node --version)"
if node finding.mjs "$port"; then
  echo 'As found: over RESP3 the invalidation message is lost.'
else
  echo 'Changed: RESP2 and RESP3 no longer differ in this way.'
  exit 1
fi

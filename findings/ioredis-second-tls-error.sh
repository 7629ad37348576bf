#!/usr/bin/env bash
# A client of ioredis that is disconnected during a TLS handshake ends the process with an unhandled 'error' event, although
# the client has an error listener.
#
# Versions   ioredis 6.0.0, Node.js 20 and 24, Redis 7.0
# Behavior   The certificate of the server is not trusted. `disconnect()` calls `end()` on the socket, then the handshake
#            fails: the socket emits an error for the certificate and, after it is destroyed, another one for the alert
#            with which the server answers the half handshake. ioredis listens with `once`, so the second is unhandled.
# Source     ioredis, built/connectors/StandaloneConnector.js and built/Redis.js: `stream.once("error", …)`. Node.js, "Class:
#            stream.Duplex": a destroyed stream is expected to emit no more events than 'error' once and 'close'.
# Why        ioredis disconnects during a handshake by itself: when CLUSTER SLOTS takes longer than slotsRefreshTimeout or
#            commandTimeout. So a wrong certificate in a cluster ends the process.
#
# Needs node 20.19, npm, openssl and redis-server. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
port=${PORT:-16398}
cleanup() {
  [ -z "${server:-}" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2 \
  -keyout key.pem -out cert.pem 2>/dev/null
redis-server --port 0 --tls-port "$port" --bind 127.0.0.1 --save '' --dir "$folder" --tls-auth-clients no \
  --tls-cert-file "$folder/cert.pem" --tls-key-file "$folder/key.pem" --tls-ca-cert-file "$folder/cert.pem" >/dev/null &
server=$!
until redis-cli --tls --insecure -p "$port" ping >/dev/null 2>&1; do kill -0 "$server"; sleep 0.1; done

npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0
cat >finding.mjs <<'JS'
import { Redis } from 'ioredis'

let errors = 0
let unhandled
process.on('uncaughtException', (error) => (unhandled ??= error))
for (let i = 0; i < 200 && !unhandled; i++) {
  const redis = new Redis({ host: 'localhost', port: Number(process.argv[2]), tls: {}, retryStrategy: null })
  redis.on('error', () => (errors += 1))
  await new Promise((resolve) => setTimeout(resolve, i % 10))
  redis.disconnect()
}
await new Promise((resolve) => setTimeout(resolve, 500))
console.log(`errors that the listener got: ${errors}; unhandled: ${unhandled?.code ?? 'none'}`)
process.exit(unhandled ? 0 : 1)
JS
echo "ioredis $(node -p "require('ioredis/package.json').version"), $(redis-server --version | cut -d' ' -f1-3), Node.js $(node --version)"
if node finding.mjs "$port"; then
  echo "As found: an error of the socket is unhandled, although the client has a listener."
else
  echo 'Changed: no error was unhandled in 200 attempts.'
  exit 1
fi

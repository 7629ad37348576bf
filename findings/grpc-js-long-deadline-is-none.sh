#!/usr/bin/env bash
# A server of @grpc/grpc-js answers a call whose deadline is more than 596 hours away with DEADLINE_EXCEEDED, at once.
#
# Version    @grpc/grpc-js 1.14.7
# Behavior   A client of the same library sends a deadline of 595 hours and one of 600 hours. The first call succeeds. The second
#            one fails with DEADLINE_EXCEEDED within milliseconds, before its handler has answered.
# Source     build/src/server-interceptors.js: `handleTimeoutHeader` makes milliseconds a 32-bit integer with `| 0`, which becomes
#            negative, and sets a timer with it.
# Why        "A month" stands for "long enough" in some configurations. With it, every call fails, and the error says that the
#            server was too slow. gRPC allows deadlines of up to 99,999,999 hours.
#
# Needs node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7
cat >finding.mjs <<'JS'
import grpc from '@grpc/grpc-js'

const asIs = (bytes) => bytes
const method = {
  ...{ path: '/finding.Finding/Wait', requestStream: false, responseStream: false },
  ...{ requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs },
}
const server = new grpc.Server()
// A handler that waits a moment, as most do.
server.addService({ wait: method }, { wait: (_, callback) => setTimeout(callback, 200, null, Buffer.from('done')) })
const port = await new Promise((resolve, reject) => {
  const credentials = grpc.ServerCredentials.createInsecure()
  server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
})
const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
const call = (hours) =>
  new Promise((resolve) => {
    const deadline = Date.now() + hours * 3_600_000
    client.makeUnaryRequest(method.path, asIs, asIs, Buffer.alloc(0), new grpc.Metadata(), { deadline }, (error) =>
      resolve(grpc.status[error?.code ?? 0]),
    )
  })
const found = [await call(595), await call(600)]
console.log(`595 hours: ${found[0]}`)
console.log(`600 hours: ${found[1]}`)
client.close()
server.forceShutdown()
process.exit(found.join() === 'OK,DEADLINE_EXCEEDED' ? 0 : 1)
JS
echo "@grpc/grpc-js $(node -p "require('./node_modules/@grpc/grpc-js/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: a long deadline has passed before it begins.'
else
  echo 'Changed: a long deadline is one.'
  exit 1
fi

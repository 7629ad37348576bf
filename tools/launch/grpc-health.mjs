// Whether a gRPC server says that it serves: grpc.health.v1.Health/Check, without a library, since nothing is installed yet
// when this code is loaded.
import { connect } from 'node:http2'

const TIMEOUT_MS = 2000

/** An uncompressed message without fields: the health of the whole server. */
const REQUEST = Buffer.alloc(5)
/** An uncompressed message of two bytes, whose field 1 is 1: SERVING. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1])

/** @param {number} port on this machine @returns {Promise<boolean>} */
export function isServing(port) {
  return new Promise((resolve) => {
    const session = connect(`http://localhost:${port}`)
    /** @type {Buffer[]} */
    const received = []
    const settle = () => {
      clearTimeout(timer)
      session.destroy()
      resolve(Buffer.concat(received).equals(SERVING))
    }
    const timer = setTimeout(settle, TIMEOUT_MS)
    session.on('error', settle)
    const headers = { 'content-type': 'application/grpc', te: 'trailers' }
    const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ...headers })
    call.on('data', (chunk) => received.push(chunk))
    call.on('error', settle)
    call.on('close', settle)
    call.end(REQUEST)
  })
}

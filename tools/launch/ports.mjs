// Free ports of the loopback interface, and ports that stay the same from one start to the next.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'

/**
 * @param {number} port @param {string} host
 * @returns {Promise<{ port: number } | { error: NodeJS.ErrnoException }>}
 */
function bind(port, host) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ error }))
    server.listen({ port, host }, () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve({ port: address.port }))
    })
  })
}

/** A port that is free at this moment. Another program may take it first, so be ready to try again. */
export async function freePort() {
  const bound = await bind(0, '127.0.0.1')
  if ('error' in bound) throw bound.error
  return bound.port
}

/** Why a port cannot be bound, or undefined when it can. @param {number} port @param {string} host */
export async function portProblem(port, host) {
  const bound = await bind(port, host)
  return 'error' in bound ? bound.error.code : undefined
}

/**
 * Systems give outgoing connections their ports from above this range, so a port in it stays free. Those below are for the
 * servers of tests.
 */
const LASTING = { from: 26_000, to: 32_000 }

/** A port that is likely to be free at the next start too. */
export async function lastingPort() {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = LASTING.from + Math.floor(Math.random() * (LASTING.to - LASTING.from))
    if ((await portProblem(port, '127.0.0.1')) === undefined) return port
  }
  return freePort()
}

/** The port that is stored in a file, if there is one. @param {string} file */
export function rememberedPort(file) {
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

/** @param {string} file @param {number} port */
export const rememberPort = (file, port) => writeFileSync(file, `${port}\n`)

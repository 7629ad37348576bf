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

/** A port that nobody uses at this moment; whoever binds it must be ready to lose the race and ask again. */
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

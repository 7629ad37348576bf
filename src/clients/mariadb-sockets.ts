// Keeps the errors of sockets that the mariadb driver has given up from ending the process.
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'

/** What this reads of the driver's connection, which the package does not export. */
interface DriverConnection {
  socket?: Socket | undefined
  fatalError: (this: DriverConnection, ...args: unknown[]) => void
}

/**
 * The driver removes every listener of a socket that fails. If the server closes the connection during a TLS handshake, the
 * socket has then yet to emit its error, which nothing would handle. The driver creates that socket itself, so only its
 * own class can be changed. Loading fails if a version has no such file.
 */
async function handleLateErrors(): Promise<void> {
  const driver = pathToFileURL(createRequire(import.meta.url).resolve('mariadb'))
  const file = new URL('../lib/connection.js', driver).href
  const { default: Connection } = (await import(file)) as { default: { prototype: DriverConnection } }
  const { fatalError } = Connection.prototype
  Connection.prototype.fatalError = function (...args) {
    const { socket } = this
    try {
      fatalError.apply(this, args)
    } finally {
      socket?.on('error', () => undefined)
    }
  }
}

await handleLateErrors()

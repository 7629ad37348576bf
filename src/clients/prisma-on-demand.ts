// Loads Prisma when it is first used. Most operations don't need it, and it takes 37 MiB: docs/adr/0037-memory.md.
import { onDemand } from '@postern/service/on-demand'
import type { DatabaseServer } from '@postern/service/database/server'
import type { PoolLoad } from '@postern/service/connection-metrics'
import type { OpenConnections } from '@postern/service/database/open-connections'
import type { PrismaClient } from './prisma.js'

export interface PrismaOnDemand {
  /** Loads Prisma if it is not loaded yet. */
  client: () => Promise<PrismaClient>
  /** The client, or null before it is loaded. */
  loaded: () => PrismaClient | null
  /** Zero until Prisma is loaded. */
  load: () => PoolLoad
  disconnect: () => Promise<void>
}

export function createPrismaOnDemand(
  server: DatabaseServer,
  options: { poolSize: number; timeout: number },
  connections: OpenConnections,
): PrismaOnDemand {
  let loaded: PrismaClient | null = null
  let load = (): PoolLoad => ({ inUse: 0, idle: 0, waiting: 0 })

  async function create(): Promise<PrismaClient> {
    const { createPrisma } = await import('./prisma.js')
    loaded = createPrisma(server, { ...options, onPool: (ofPool) => (load = ofPool) }, connections)
    return loaded
  }

  const client = onDemand(create)

  return {
    client: client.get,
    loaded: () => loaded,
    load: () => load(),
    async disconnect() {
      await (await client.begun())?.$disconnect()
    },
  }
}

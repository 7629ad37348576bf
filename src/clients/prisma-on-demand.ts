// Loads Prisma when it is first used. Most operations don't need it, and it takes 37 MiB: docs/adr/0037-memory.md.
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
  let client: Promise<PrismaClient> | null = null
  let loaded: PrismaClient | null = null
  let load = (): PoolLoad => ({ inUse: 0, idle: 0, waiting: 0 })

  async function create(): Promise<PrismaClient> {
    const { createPrisma } = await import('./prisma.js')
    loaded = createPrisma(server, { ...options, onPool: (ofPool) => (load = ofPool) }, connections)
    return loaded
  }

  function use(): Promise<PrismaClient> {
    if (client) return client
    const created = create()
    client = created
    // The next use tries again.
    created.catch(() => (client = null))
    return created
  }

  return {
    client: use,
    loaded: () => loaded,
    load: () => load(),
    async disconnect() {
      await (await client)?.$disconnect()
    },
  }
}

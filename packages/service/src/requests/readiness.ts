// Whether this process should get requests: the state of what it needs, and whether it is stopping.

export type ComponentState = 'up' | 'down' | 'read-only'

export interface Component {
  /** `read-only` (MySQL): the server refuses writes, as a primary does while another one takes over. */
  state: ComponentState
  /** How long the check took. */
  milliseconds: number
}

export type Readiness = 'up' | 'degraded' | 'down' | 'draining'

export type Components = Readonly<Record<string, Component>>

export const isReady = (readiness: Readiness): boolean => readiness === 'up' || readiness === 'degraded'

export interface ReadinessParts {
  check: () => Promise<Components>
  /** Whether the process can do nothing without this component. Without another one it is only degraded. */
  isRequired: (component: string) => boolean
  /** Returns true from the moment on when the service should get no new requests. */
  isDraining: () => boolean
}

export type CheckReadiness = ReturnType<typeof createReadiness>

/** Returns a function that checks. Calls at the same time share one check, so that many of them don't use up the connections. */
export function createReadiness({ check, isRequired, isDraining }: ReadinessParts) {
  let running: Promise<Components> | null = null

  function readinessOf(components: Components): Readiness {
    if (isDraining()) return 'draining'
    const notUp = Object.entries(components).filter(([, { state }]) => state !== 'up')
    if (notUp.some(([name]) => isRequired(name))) return 'down'
    return notUp.length === 0 ? 'up' : 'degraded'
  }

  return async (): Promise<{ status: Readiness; components: Components }> => {
    const components = await (running ??= check().finally(() => (running = null)))
    return { status: readinessOf(components), components }
  }
}

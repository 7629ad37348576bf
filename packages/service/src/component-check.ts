// Checks one component of the service for /health: its state, and how long it took to respond.
import { withTimeout } from '@postern/contract/timeout'

/** `down` if `check` rejects. */
export async function checkComponent<State extends string>(
  check: () => Promise<State>,
): Promise<{ state: State | 'down'; milliseconds: number }> {
  const startedAt = performance.now()
  const state = await check().catch(() => 'down' as const)
  return { state, milliseconds: Math.round((performance.now() - startedAt) * 10) / 10 }
}

/** For a server that only has to respond, within `milliseconds` if they are given. */
export const checkPing = (ping: () => Promise<unknown>, milliseconds?: number) =>
  checkComponent(async () => {
    const answer = ping().then(() => 'up' as const)
    return milliseconds === undefined ? answer : withTimeout(answer, milliseconds, () => 'down' as const)
  })

// Reads the service's own metric of checks.

/** Checks answered “unavailable” by a store, not by a rule. `mysql`: those of them that reached MySQL. */
export interface Unavailable {
  all: number
  mysql: number
}

/** `token` is the service's METRICS_TOKEN. */
export async function countUnavailable(url: string, token: string): Promise<Unavailable> {
  const headers = { authorization: `Bearer ${token}` }
  const text = await (await fetch(new URL('/metrics', url), { headers })).text()
  const counted = (tier: string) =>
    Number(
      new RegExp(`^postern_username_checks_total\\{tier="${tier}",available="false"\\} (\\d+)$`, 'm').exec(text)?.[1],
    )
  const [memory, redis, mysql] = ['memory', 'redis', 'mysql'].map(counted) as [number, number, number]
  return { all: memory + redis + mysql, mysql }
}

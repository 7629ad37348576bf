// What the service has answered, by its own count.

/** Names found unavailable in a store, not by a rule; of them those that only MySQL knew. */
export interface Unavailable {
  all: number
  mysql: number
}

export async function countUnavailable(url: string): Promise<Unavailable> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  const counted = (tier: string) =>
    Number(
      new RegExp(`^postern_username_checks_total\\{tier="${tier}",available="false"\\} (\\d+)$`, 'm').exec(text)?.[1],
    )
  const [memory, redis, mysql] = ['memory', 'redis', 'mysql'].map(counted) as [number, number, number]
  return { all: memory + redis + mysql, mysql }
}

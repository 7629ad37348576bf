/** How many milliseconds of a processor `work` takes. On a busy machine it takes more time on the clock, and hardly more of this. */
export function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

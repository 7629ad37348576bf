// Makes a CPU profile of Postern if a target was missed.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Door, graphql } from '../contenders/postern.ts'
import { openTraffic, type Talk } from '../load/traffic.ts'
import type { Table, Target } from '../report/results.ts'
import type { Candidate } from '../stage/candidate.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { summarize } from './summary.ts'

const PROFILE_MS = 5000

/** Returns one table, or none if every target was reached. */
export async function profileIfMissed(
  targets: readonly Target[],
  stage: Stage,
  data: Data,
  options: { env?: Record<string, string> },
  talks: (candidate: Candidate) => Promise<Talk[]>,
  { start, open }: Door = graphql,
): Promise<Table[]> {
  if (targets.every(({ reached }) => reached !== false)) return []
  const folder = mkdtempSync(join(stage.files, 'profile-'))
  const profiled = await start(stage, data, { ...options, options: ['--cpu-prof', `--cpu-prof-dir=${folder}`] })
  const traffic = openTraffic(profiled.url, await talks(profiled), open)
  const since = Number(process.hrtime.bigint() / 1000n)
  await traffic.during(PROFILE_MS)
  traffic.close()
  await profiled.stop()
  const profiles = readdirSync(folder).map((file) => summarize(readFileSync(join(folder, file), 'utf8'), since))
  // The hashing process has its own profile. The busiest one is that of the process that responds.
  const rows = profiles.toSorted((a, b) => b.busy - a.busy)[0]?.rows ?? []
  return [
    {
      title: 'Where Postern spends its time under this load',
      columns: ['function', 'where', 'of its time'],
      rows,
      notes: ['Self time, as `--cpu-prof` samples it, without idle time.'],
    },
  ]
}

// All parts of the benchmark.
import { free } from './free.ts'
import { hit } from './hit.ts'
import { idle } from './idle.ts'
import { logins } from './logins.ts'
import { mixed } from './mixed.ts'
import type { Measure } from './part.ts'
import { size } from './size.ts'
import { stream } from './stream.ts'

/** In the order in which they run and are reported. */
export const parts: Record<string, { title: string; measure: Measure }> = {
  hit: { title: 'A taken username in Redis', measure: hit },
  free: { title: 'An available username', measure: free },
  stream: { title: 'Typing users', measure: stream },
  logins: { title: 'Logins', measure: logins },
  mixed: { title: 'Checks during logins', measure: mixed },
  size: { title: 'Ten million usernames', measure: size },
  idle: { title: 'Idle connections', measure: idle },
}

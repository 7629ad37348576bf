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
  hit: { title: 'A taken name that Redis knows', measure: hit },
  free: { title: 'A free name', measure: free },
  stream: { title: 'People who type', measure: stream },
  logins: { title: 'Logins', measure: logins },
  mixed: { title: 'Checks while others log in', measure: mixed },
  size: { title: 'Many names', measure: size },
  idle: { title: 'Idle connections', measure: idle },
}

// All parts of the benchmark.
import { active } from './active.ts'
import { callback } from './callback.ts'
import { consent } from './consent.ts'
import { crowd } from './crowd.ts'
import { events } from './events.ts'
import { free } from './free.ts'
import { grpc } from './grpc.ts'
import { hit } from './hit.ts'
import { hostile } from './hostile.ts'
import { idle } from './idle.ts'
import { logins } from './logins.ts'
import { logout } from './logout.ts'
import { memory } from './memory.ts'
import { mixed } from './mixed.ts'
import { outages } from './outages.ts'
import type { Measure } from './part.ts'
import { profile } from './profile.ts'
import { refresh } from './refresh.ts'
import { refusals } from './refusals.ts'
import { register } from './register.ts'
import { search } from './search.ts'
import { size } from './size.ts'
import { soak } from './soak.ts'
import { start } from './start.ts'
import { stream } from './stream.ts'
import { timing } from './timing.ts'

interface Listed {
  title: string
  measure: Measure
  /** A claim about behavior: runs only if it is named, prints its claims, and the run fails if one does not hold. */
  isProof?: true
  /** Alternates between circumstances of one service, in rounds. */
  inRounds?: true
  /** Runs only if it is named, because it takes minutes and needs the network. */
  isOptional?: true
}

/** In the order in which they run and are reported. */
export const parts: Record<string, Listed> = {
  hit: { title: 'A taken username in Redis', measure: hit },
  free: { title: 'An available username', measure: free },
  stream: { title: 'Typing users', measure: stream, inRounds: true },
  logins: { title: 'Logins', measure: logins },
  callback: { title: 'Sign-ins at a provider', measure: callback },
  mixed: { title: 'Checks during logins', measure: mixed, inRounds: true },
  size: { title: 'Ten million usernames', measure: size, inRounds: true },
  idle: { title: 'Idle connections', measure: idle, inRounds: true },
  profile: { title: 'Who am I', measure: profile },
  refresh: { title: 'refreshToken', measure: refresh },
  logout: { title: 'Logout', measure: logout },
  register: { title: 'Registration', measure: register },
  events: { title: 'Events', measure: events },
  grpc: { title: 'gRPC and the gateway', measure: grpc },
  consent: { title: 'Consents', measure: consent },
  memory: { title: 'Memory', measure: memory },
  start: { title: 'A fresh start', measure: start, isOptional: true },
  active: { title: 'Ten thousand active connections', measure: active, inRounds: true },
  soak: { title: 'Minutes of faults', measure: soak, isProof: true },
  outages: { title: 'Events during outages', measure: outages, isProof: true },
  timing: { title: 'Whether time shows which accounts exist', measure: timing, isProof: true },
  crowd: { title: 'Logins during an attack', measure: crowd, isProof: true },
  hostile: { title: 'Hostile documents', measure: hostile, isProof: true },
  search: { title: 'A search among a million users', measure: search, isProof: true },
  refusals: { title: 'Refusals while the database does not respond', measure: refusals, isProof: true },
}

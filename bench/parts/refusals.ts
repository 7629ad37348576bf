// How soon requests are refused while a circuit breaker is open.
import { clientAt } from '../load/from-address.ts'
import { check, login } from '../load/request-bodies.ts'
import { median, percentile } from '../report/statistics.ts'
import { PASSWORD, register } from '../stage/people.ts'
import type { Measure } from './part.ts'

const REFUSALS = 500
const GOAL_MS = 5

export const refusals: Measure = async ({ stage, note }) => {
  const data = await stage.data()
  const postern = await stage.postern(data, { env: { DATABASE_TIMEOUT: '1' } })
  await register(postern.url, 'refused_user')
  const client = clientAt('127.0.0.1')
  const bodies = {
    'username check': check.before + 'nobody_has_this' + check.after,
    login: login(PASSWORD).before + 'refused_user' + login(PASSWORD).after,
  }
  const send = (body: string) => client.send(postern.url, body)
  // Known documents, and open connections.
  for (const body of Object.values(bodies)) for (let n = 0; n < 3; n++) await send(body)

  note('MariaDB does not respond')
  process.kill(stage.stores.mariadb, 'SIGSTOP')
  const times: Record<string, number[]> = {}
  try {
    for (const [name, body] of Object.entries(bodies)) {
      // The first ones wait for the database, until the breaker opens.
      for (let n = 0; n < 5; n++) await send(body)
      const refused: number[] = []
      while (refused.length < REFUSALS) {
        const { text, milliseconds } = await send(body)
        if (!text.includes('"SERVICE_UNAVAILABLE"')) throw new Error(`${name} answered ${text}`)
        // Now and then one request tries the database again. It waits for its answer.
        if (text.includes('"retryAfter"')) refused.push(milliseconds)
      }
      times[name] = refused
    }
  } finally {
    process.kill(stage.stores.mariadb, 'SIGCONT')
  }
  client.close()
  await postern.stop()
  await stage.discard(data)

  return {
    targets: Object.entries(times).map(([name, refused]) => ({
      what: `${name}: refused while the breaker is open, median`,
      goal: `< ${GOAL_MS} ms`,
      measured: `${median(refused).toFixed(2)} ms`,
      spread: `p99 ${percentile(refused, 99).toFixed(2)} ms`,
      reached: median(refused) < GOAL_MS,
    })),
    tables: [],
  }
}

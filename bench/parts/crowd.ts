// Whether 300 connections that guess passwords keep others from signing in.
import { clientAt } from '../load/from-address.ts'
import { unclaimed } from '../load/names.ts'
import { login } from '../load/request-bodies.ts'
import { percentile, whole } from '../report/statistics.ts'
import { PASSWORD, register } from '../stage/people.ts'
import type { Measure } from './part.ts'

const ATTACKERS = 300
const USERS = 40
const LOGINS = 200
/** Users sign in at the same time. */
const AT_ONCE = 2
const SOON_MS = 2000

export const crowd: Measure = async ({ stage, note }) => {
  const data = await stage.data()
  const postern = await stage.postern(data)
  note('registering users')
  const users = unclaimed(USERS)
  for (const user of users) await register(postern.url, user)

  const attacker = clientAt('127.0.0.1')
  const honest = clientAt('127.0.0.2')
  let isOver = false
  const statuses = new Map<number, number>()
  const attack = async (n: number) => {
    const { before, after } = login('a guess')
    for (let turn = 0; !isOver; turn++) {
      // Every name is new, so that no lock-out saves the hash.
      const { status } = await attacker.send(postern.url, `${before}guess_${n}_${turn}${after}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const attacks = Array.from({ length: ATTACKERS }, (_, n) => attack(n))
  note(`${ATTACKERS} connections guess passwords`)
  while (statuses.size === 0 || !statuses.has(503)) await new Promise((resolve) => setTimeout(resolve, 100))

  const times: number[] = []
  let next = 0
  const signIn = async () => {
    const { before, after } = login(PASSWORD)
    while (next < LOGINS) {
      const user = users[next++ % USERS] ?? ''
      const { text, milliseconds } = await honest.send(postern.url, before + user + after)
      times.push(text.includes('"token":"') ? milliseconds : Infinity)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, signIn))
  isOver = true
  await Promise.all(attacks)
  attacker.close()
  honest.close()
  await postern.stop()
  await stage.discard(data)

  const soon = times.filter((milliseconds) => milliseconds <= SOON_MS).length / times.length
  const answered = [...statuses].toSorted(([a], [b]) => a - b)
  return {
    targets: [
      {
        what: `logins from another address within ${SOON_MS / 1000} s, while ${ATTACKERS} connections of one address guess passwords`,
        goal: '≥ 95 %',
        measured: `${(100 * soon).toFixed(1)} %`,
        spread: '',
        reached: soon >= 0.95,
      },
    ],
    tables: [
      {
        title: `${LOGINS} logins, ${AT_ONCE} at a time`,
        columns: ['', 'p50 ms', 'p95 ms', 'max ms'],
        rows: [['logins', ...[50, 95, 100].map((p) => whole(percentile(times, p)))]],
        notes: [
          `The limit per address was off. The guesses were answered with ${answered.map(([status, count]) => `${status}: ${whole(count)}`).join(', ')}.`,
        ],
      },
    ],
  }
}

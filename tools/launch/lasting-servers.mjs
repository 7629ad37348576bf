// The servers of `npm run servers`, and how one run of the tests at a time gets them.
import { join } from 'node:path'
import { firstAnswer } from './server.mjs'
import { holder, tryLock } from './lock.mjs'
import { keep } from './paths.mjs'

/** @typedef {{ TEST_DATABASE_URL: string, TEST_REDIS_URL: string }} Urls */

const offer = join(keep, 'servers.lock')
const taken = join(keep, 'servers-in-use.lock')

/** How often their Redis is asked before the run starts its own. */
const ATTEMPTS = 5

/** Whether another process offers servers. */
export const areOffered = () => holder(offer) !== undefined

/** Until this process ends. False when another one offers servers already. @param {Urls} urls */
export const offerServers = (urls) => tryLock(offer, JSON.stringify(urls)) !== undefined

/**
 * Reserves the servers for this process, and empties their Redis. Returns undefined if there are none, or if another run
 * uses them: two runs would empty each other's Redis.
 * @returns {Promise<Urls | undefined>}
 */
export async function takeServers() {
  const note = holder(offer)?.note
  if (note === undefined || !tryLock(taken)) return undefined
  /** @type {Urls} */
  const urls = JSON.parse(note)
  const { port, password } = new URL(urls.TEST_REDIS_URL)
  // The build looks at all files meanwhile, which on a busy machine takes longer than an answer may.
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const answer = await firstAnswer(Number(port), `AUTH ${password}\r\nFLUSHALL\r\n`)
    if (answer.toString().startsWith('+OK')) return urls
  }
  return undefined
}

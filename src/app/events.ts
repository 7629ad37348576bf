import type { Logger } from '../logger.js'

/** What an operator should know of the process that hashes. */
export function hashingEvents(log: Logger) {
  let told = false
  return {
    onLibrary(library: string) {
      if (library === '@node-rs/argon2' || told) return
      told = true
      log.warn({ library }, 'no binary of @node-rs/argon2 fits this machine: hashing takes more than twice as long')
    },
    onDeath: () => log.error('the process that hashes passwords ended; starting another'),
  }
}

/** One line when Redis goes away, not one for every attempt to reach it. */
export function redisErrors(log: Logger): (error: Error) => void {
  let last = ''
  return (error) => {
    if (error.message !== last) log.warn({ err: error }, 'redis is away; going on without')
    last = error.message
  }
}

// Validates tokens as a service with @postern/session does, also those whose sessions have ended.
import { createSessionValidator, SessionError, type SessionValidator } from '@postern/session'
import { type Ledger, RECOVERY_MS } from './ledger.ts'

/** A logout is delivered when it is acknowledged; if that fails, the relay delivers it, which runs every second. */
const LATE_MS = 3000
const EVERY_MS = 1000
const AT_ONCE = 200

export type Logouts = Awaited<ReturnType<typeof followLogouts>>

interface Options {
  secret: string
  redis: string
  ledger: Ledger
  /** Tokens that must be accepted. */
  valid: () => readonly string[]
}

export async function followLogouts({ secret, redis, ledger, valid }: Options) {
  const start = () => createSessionValidator({ secret, redis, onError: () => undefined })
  const validators = [await start(), await start()]
  const ended: { token: string; at: number }[] = []

  const outcome = (validator: SessionValidator, token: string): string => {
    ledger.totals.validations += 1
    try {
      validator.validate(token)
      return 'accepted'
    } catch (error) {
      if (error instanceof SessionError) return error.code
      throw error
    }
  }

  function checkEnded(validator: SessionValidator, sample: readonly { token: string; at: number }[]): void {
    const now = performance.now()
    for (const { token, at } of sample) {
      const age = now - at
      const late = age < LATE_MS || ledger.allowed('revocations', at, at) || isDisturbed(now)
      if (outcome(validator, token) === 'accepted' && !late)
        ledger.wrong(`a validator accepted a token ${Math.round(age)} ms after its logout`)
    }
  }
  const isDisturbed = (now: number) => ledger.allowed('revocations', now - LATE_MS, now)

  function checkValid(validator: SessionValidator, tokens: readonly string[]): void {
    const now = performance.now()
    for (const token of tokens) {
      const result = outcome(validator, token)
      if (result === 'accepted') continue
      const isOutage = ['not_ready', 'stale'].includes(result)
      if (!(isOutage && isDisturbed(now))) ledger.wrong(`a validator refused a valid token: ${result}`)
    }
  }

  const timer = setInterval(() => {
    for (const validator of validators) {
      // The latest, and some of all others.
      const some = Array.from({ length: AT_ONCE }, () => ended[Math.floor(Math.random() * ended.length)])
      checkEnded(validator, [...ended.slice(-AT_ONCE), ...some.filter((each) => each !== undefined)])
      checkValid(validator, valid().slice(-AT_ONCE))
    }
  }, EVERY_MS)

  return {
    acknowledged(token: string): void {
      const at = performance.now()
      ended.push({ token, at })
      // Where Redis is well, a validator knows it when the logout is acknowledged.
      setTimeout(() => validators.forEach((each) => checkEnded(each, [{ token, at }])), LATE_MS + RECOVERY_MS).unref()
    },
    /** At the end: all validators, and a new one, refuse every ended token and accept every valid one. Returns the ended ones. */
    async finish(): Promise<string[]> {
      clearInterval(timer)
      validators.push(await start())
      for (const validator of validators) {
        checkEnded(validator, ended)
        checkValid(validator, valid())
      }
      await Promise.all(validators.map((each) => each.close()))
      return ended.map(({ token }) => token)
    },
  }
}

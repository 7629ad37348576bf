// The hooks that find out who sends a request, and that refuse those who may not.
import { checkRole, SessionError } from '@postern/session'
import type { FastifyInstance } from 'fastify'
import { failureOf } from './refusal.js'
import type { Sessions } from './sessions.js'

/** Comes before the limits, which count a signed-in user wherever they are. */
export function addIdentification(http: FastifyInstance, sessions: Sessions): void {
  http.addHook('onRequest', (request, _reply, done) => {
    const { facts } = request
    if (!facts.operation || request.headers.authorization === undefined) return done()
    const refuse = (error: unknown) => {
      if (!(error instanceof SessionError)) return done(error as Error)
      facts.refusal = error
      done()
    }
    try {
      const found = sessions.authenticate(request)
      if (!(found instanceof Promise)) {
        facts.auth = found
        return done()
      }
      found.then((auth) => {
        facts.auth = auth
        done()
      }, refuse)
    } catch (error) {
      refuse(error)
    }
  })
}

/** Comes after the limits, so that refused requests count. */
export function addProtection(http: FastifyInstance): void {
  http.addHook('onRequest', (request, _reply, done) => {
    const { operation, auth, refusal } = request.facts
    if (!operation || operation.access === 'public') return done()
    if (!auth) return done(failureOf(refusal ?? new SessionError('missing_token'), request))
    if (operation.access !== 'admin') return done()
    try {
      checkRole(auth, 'ADMIN')
      done()
    } catch (error) {
      done(failureOf(error as SessionError, request))
    }
  })
}

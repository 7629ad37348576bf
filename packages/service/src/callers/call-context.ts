// The context of a call to a service: who calls, and what is known of them.
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import type { Claims, SessionValidator } from '@postern/session'
import type { DpopChecks } from '@postern/session/dpop'
import { ServiceError } from '../errors.js'
import { type CallHead, type IncomingCall, textOf } from '../grpc/metadata.js'
import type { ContextOf } from '../grpc/rpc.js'
import type { Admission } from '../grpc/streams.js'
import type { Caller, UserCaller } from './caller.js'
import { type IdentifyService, SERVICE_METADATA } from './service-keys.js'
import { asServiceError } from './session-errors.js'

/** What services may record of a caller: from the gateway, if it has signed the call, and otherwise from the connection. */
export interface CallerFacts {
  /** Empty if it is not known. */
  readonly address: string
  readonly userAgent: string | null
  readonly requestId: string
}

export interface CallContext {
  readonly facts: CallerFacts
  /**
   * Who calls. Throws or rejects with UNAUTHENTICATED, with INVALID_DPOP_PROOF or USE_DPOP_NONCE for a token that is bound to a key,
   * and with SERVICE_UNAVAILABLE while tokens can't be verified. Returns no promise if it need not wait.
   */
  readonly caller: () => Caller | Promise<Caller>
  /**
   * The same for a call that goes on with an earlier one, which only its caller can do: it needs no further proof of a key, because a
   * proof works once.
   */
  readonly continuing: () => Caller | Promise<Caller>
  /** Throws as `caller` does, once the token that it has accepted has expired or was revoked. */
  readonly recheck: () => void
  /** Aborts when the deadline of the call has passed, or its client has canceled it. */
  readonly createSignal: () => AbortSignal
}

interface Options {
  validator: Pick<SessionValidator, 'validate'>
  /** Null: tokens that are bound to keys are refused. */
  dpop: Pick<DpopChecks, 'prove'> | null
  identifyService: IdentifyService
}

const BOTH = 'Send an access token or the key of a service, not both.'
const GATEWAY_ONLY = 'A token that is bound to a key works here only through the gateway.'

const callerOf = ({ sub, sid, roles, amr = [], auth_time: authTime }: Claims): UserCaller => ({
  ...{ kind: 'user', userId: sub, sessionId: sid, roles, amr },
  authTime: authTime === undefined ? null : new Date(authTime * 1000),
})

/** For `add` of a server of gRPC. */
export function createCallContexts({ validator, dpop, identifyService }: Options): ContextOf<CallContext> {
  async function boundUserOf(token: string, proof: string | undefined, { gateway }: CallHead): Promise<UserCaller> {
    if (!dpop || !gateway) throw new ServiceError('UNAUTHENTICATED', { message: GATEWAY_ONLY })
    const { method, url } = gateway.http
    const key = await dpop.prove({ header: proof, method, urls: [url], token })
    const caller = callerOf(validator.validate(token, key.thumbprint))
    // After the token is known to be valid: otherwise, anyone could fill the memory of used proofs.
    await key.use()
    return caller
  }

  /** A proof of the key was checked before. */
  const userOf = (authorization: string): UserCaller =>
    callerOf(validator.validate(dpopToken(authorization) ?? bearerToken(authorization), 'any'))

  function authenticated(authorization: string, call: IncomingCall, head: CallHead): UserCaller | Promise<UserCaller> {
    if (!usesDpop(authorization)) return callerOf(validator.validate(bearerToken(authorization)))
    return boundUserOf(dpopToken(authorization) ?? '', textOf(call.metadata, 'dpop'), head)
  }

  return (call, head, createSignal) => {
    const { facts, gateway } = head
    const authorization = textOf(call.metadata, 'authorization')
    const credential = textOf(call.metadata, SERVICE_METADATA)

    function identify(authenticate: (authorization: string) => UserCaller | Promise<UserCaller>) {
      if (credential !== undefined && authorization !== undefined)
        throw new ServiceError('UNAUTHENTICATED', { message: BOTH })
      if (credential !== undefined) {
        const service = identifyService(credential)
        facts.service = service.name
        return service
      }
      if (authorization === undefined) throw new ServiceError('UNAUTHENTICATED')
      const found = translated(() => authenticate(authorization))
      const known = (caller: UserCaller): UserCaller => {
        facts.userId = caller.userId
        return caller
      }
      return found instanceof Promise ? found.then(known) : known(found)
    }

    let identified: Caller | Promise<Caller> | null = null
    return {
      facts: {
        address: facts.address,
        userAgent: gateway ? gateway.userAgent : (textOf(call.metadata, 'user-agent') ?? null),
        requestId: facts.requestId,
      },
      caller: () => (identified ??= identify((token) => authenticated(token, call, head))),
      continuing: () => (identified ??= identify(userOf)),
      recheck() {
        if (authorization === undefined) return
        translated(() => userOf(authorization))
      },
      createSignal,
    }
  }
}

/** Runs `work` with the errors of a service. */
function translated<T>(work: () => T): T {
  const rethrow = (error: unknown): never => {
    throw asServiceError(error)
  }
  try {
    const result = work()
    return result instanceof Promise ? (result.catch(rethrow) as T) : result
  } catch (error) {
    return rethrow(error)
  }
}

/** For `admit` of a server of gRPC: callers may have streams while their tokens are valid. */
export async function admitCaller({ caller, recheck }: CallContext): Promise<Admission> {
  const found = await caller()
  return { caller: found.kind === 'user' ? found.userId : null, check: recheck }
}

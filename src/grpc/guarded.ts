// Limits and captchas of RPCs, before anything else of a call happens.
import type { Captcha } from '../services/captcha/index.js'
import type { CallLimits } from '../services/limits/index.js'
import { countCall, isLimited } from '../requests/call-limits.js'
import { CAPTCHA_OPERATIONS, requireCaptcha } from '../requests/captcha.js'
import { type AuthRpc, OPERATIONS, type Run, type Runs } from './rpc.js'

interface Guards {
  limits: CallLimits
  /** Null: captchas are off. */
  captcha: Captcha | null
}

export const guardedRuns = (runs: Runs, guards: Guards): Runs =>
  Object.fromEntries(
    Object.entries(runs).map(([rpc, run]) => [rpc, guarded(rpc as AuthRpc, run as Run<AuthRpc>, guards)]),
  ) as unknown as Runs

/** Without a limit and a captcha, the RPC as it is. */
function guarded<M extends AuthRpc>(rpc: M, run: Run<M>, { limits, captcha }: Guards): Run<M> {
  const { operation } = OPERATIONS[rpc]
  const needsCaptcha = captcha !== null && CAPTCHA_OPERATIONS.includes(operation)
  if (!isLimited(limits, operation) && !needsCaptcha) return run
  return async (request, context, call) => {
    const { ipAddress } = context.client
    await countCall(limits, operation, { ipAddress, userId: async () => (await context.anyViewer()).user.id })
    if (needsCaptcha) await requireCaptcha(captcha, context.client, (request as { captchaToken?: string }).captchaToken)
    return run(request, context, call)
  }
}

// Who may see details of the process: which store struggles is of use to an attacker. The same rule as for /metrics.
import { isOperatorToken } from '@postern/service/operator-token'
import type { Config } from '../config/index.js'

export function maySeeDetails(
  authorization: string | undefined,
  { METRICS_TOKEN: token, NODE_ENV }: Pick<Config, 'METRICS_TOKEN' | 'NODE_ENV'>,
): boolean {
  return token === undefined ? NODE_ENV !== 'production' : isOperatorToken(authorization, token)
}

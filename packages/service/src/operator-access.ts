// Who may see details of the process: which store struggles is of use to an attacker. The same rule as for /metrics.
import { isOperatorToken } from './operator-token.js'

export function maySeeDetails(
  authorization: string | undefined,
  { METRICS_TOKEN: token, NODE_ENV }: { METRICS_TOKEN?: string | undefined; NODE_ENV: string },
): boolean {
  return token === undefined ? NODE_ENV !== 'production' : isOperatorToken(authorization, token)
}

import { randomInt } from 'node:crypto'
import { portProblem } from '../../tools/launch/ports.mjs'

/**
 * Systems give outgoing connections their ports from above this range, so none of them takes a port before the program of
 * the test listens on it. A node of a Redis cluster also listens on the port 10,000 above its own.
 */
const RANGE = { from: 11_000, to: 16_000 }

/** A port on which no program listens. */
export async function freePort(): Promise<number> {
  const port = randomInt(RANGE.from, RANGE.to)
  return (await portProblem(port, '127.0.0.1')) === undefined ? port : freePort()
}

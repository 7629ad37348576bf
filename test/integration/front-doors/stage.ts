// Where a scenario plays: one door, one person who exists nowhere else, and what the test can do behind the scenes.
import { unique } from '../../support/client.js'
import type { GithubServer } from '../../support/github-server.js'
import type { Service } from '../../support/service.js'
import { comparable, type Played } from './comparable.js'
import type { Door, Input, OperationName, Outcome } from './door.js'

export type Stage = ReturnType<typeof createStage>

export function createStage(door: Door, service: Service, github: GithubServer) {
  const name = unique()
  const person = { email: `${name}@example.com`, username: name, password: 'correct horse' }
  const played: Played[] = []

  async function call(operation: OperationName, input: Input = {}, token?: string): Promise<Outcome> {
    const outcome = await door.call(operation, input, token)
    played.push({ operation, outcome, name })
    return outcome
  }

  /** The data of a call that must succeed. */
  async function succeed(operation: OperationName, input: Input = {}, token?: string): Promise<Record<string, any>> {
    const { data, refusal } = await call(operation, input, token)
    if (!data) throw new Error(`${door.name} refused ${operation}: ${JSON.stringify(refusal)}`)
    return data
  }

  return {
    ...{ service, github, person, call, succeed },

    /** Registers the person and signs them in. */
    signUp: async () => {
      const { user } = await succeed('register', person)
      const { token, refreshToken } = await succeed('login', { email: person.email, password: person.password })
      return { ...person, id: String(user.id), token: String(token), refreshToken: String(refreshToken) }
    },

    /** What happened, without what differs from run to run. */
    outcomes: () => played.map(comparable),
    /** OK, or the code of the refusal. */
    codes: () => played.map(({ outcome: { refusal } }) => refusal?.code ?? 'OK'),
    requestIds: () => played.map(({ outcome: { requestId } }) => requestId),
  }
}

// The scenarios through GraphQL: the reference that the other doors are compared with.
import { ADDRESS, USER_AGENT, type Door, type Input, type OperationName, type Outcome } from './door.js'

const USER = `{ id email username firstName lastName phoneNumber address { streetName city state zipCode country }
  role isEmailVerified marketingOptIn termsAcceptedAt termsAccepted lastLoginAt createdAt updatedAt }`
const SESSION = `{ token tokenType refreshToken deviceToken expiresAt user ${USER} }`

interface Operation {
  document: string
  variables?: (input: Input) => Input
  /** The data of the response, as the RPC returns it. */
  data?: (result: any, input: Input) => Record<string, unknown>
}

const wrapped = (input: Input) => ({ input })
const asUser = (user: unknown) => ({ user })

const OPERATIONS: Record<Exclude<OperationName, 'healthCheck'>, Operation> = {
  register: {
    document:
      'mutation ($input: RegisterInput!) { result: register(input: $input) { message user { id email username name } } }',
    variables: wrapped,
  },
  login: { document: `mutation ($input: LoginInput!) { result: login(input: $input) ${SESSION} }`, variables: wrapped },
  verifyMfa: {
    document: `mutation ($input: VerifyMfaInput!) { result: verifyMfa(input: $input) ${SESSION} }`,
    variables: wrapped,
  },
  // GraphQL has no operation for other services: a token is valid if it reads the profile.
  validateToken: {
    document: '{ result: profile { id } }',
    data: (result: { id: string } | null) => (result ? { valid: true, userId: result.id } : { valid: false }),
  },
  refreshToken: {
    document: `mutation ($refreshToken: String!, $userId: ID) {
      result: refreshToken(token: $refreshToken, userId: $userId) { token tokenType refreshToken expiresAt } }`,
  },
  logout: { document: 'mutation { result: logout }', data: () => ({}) },
  getUserProfile: { document: `{ result: profile ${USER} }`, data: asUser },
  updateUserProfile: {
    document: `mutation ($input: UpdateProfileInput!) { result: updateProfile(input: $input) ${USER} }`,
    variables: wrapped,
    data: asUser,
  },
  checkUsernameAvailability: {
    document: `query ($username: String!, $maxSuggestions: Int) { result: checkUsernameAvailability(username: $username) {
      available username reason message suggestions(first: $maxSuggestions) } }`,
  },
  initiateOAuth: {
    document: `mutation ($provider: String!, $redirectTo: String!) {
      result: initiateOAuth(provider: $provider, redirectTo: $redirectTo) { authorizationUrl binding expiresAt } }`,
  },
  completeOAuth: {
    document: `mutation ($input: CompleteOAuthInput!) { result: completeOAuth(input: $input) ${SESSION} }`,
    variables: wrapped,
  },
}

export function graphqlDoor(url: string): Door {
  async function health(): Promise<Outcome> {
    const { ok } = await fetch(`${url}/readyz`)
    return { data: { status: ok ? 'UP' : 'DOWN' }, refusal: null, requestId: '' }
  }

  return {
    name: 'GraphQL',
    close: () => undefined,
    async call(name, input, token) {
      if (name === 'healthCheck') return health()
      const {
        document,
        variables = (all) => all,
        data = (result) => result as Record<string, unknown>,
      } = OPERATIONS[name]
      const bearer = name === 'validateToken' ? String(input['token']) : token
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': USER_AGENT,
          'x-forwarded-for': ADDRESS,
          ...(bearer && { authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify({ query: document, variables: name === 'validateToken' ? {} : variables(input) }),
      })
      const answer = (await response.json()) as Answer
      const requestId = response.headers.get('x-request-id') ?? ''
      const [error] = answer.errors ?? []
      if (!error || name === 'validateToken')
        return { data: data(answer.data?.result, input), refusal: null, requestId }
      const { code, reason, fields = [], retryAfter, requestId: _, ...details } = error.extensions
      return { data: null, refusal: { code, message: error.message, reason, fields, retryAfter, details }, requestId }
    },
  }
}

interface Answer {
  data?: { result: unknown } | null
  errors?: {
    message: string
    extensions: {
      code: string
      reason?: string
      fields?: { path: string; message: string; code: any }[]
      retryAfter?: number
      requestId: string
    }
  }[]
}

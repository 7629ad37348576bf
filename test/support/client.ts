import { randomBytes } from 'node:crypto'

export interface GraphQLAnswer {
  status: number
  headers: Headers
  text: string
  data: Record<string, any> | null
  errors: {
    message: string
    path?: string[]
    extensions: {
      code: string
      reason?: string
      requestId: string
      fields?: { path: string; message: string; code: string }[]
      retryAfter?: number
    }
  }[]
  /** The code of the first error. */
  code: string | undefined
}

export interface Account {
  id: string
  email: string
  username: string
  password: string
}

export interface SignedIn extends Account {
  token: string
  refreshToken: string
}

export type Client = ReturnType<typeof createClient>

export const REGISTER =
  'mutation ($input: RegisterInput!) { register(input: $input) { message user { id email username name } } }'
export const LOGIN =
  'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken expiresAt userId email user { id role } } }'

/** Returns a name that no other test uses. */
export const unique = (prefix = 'u'): string => `${prefix}${randomBytes(6).toString('hex')}`

export function createClient(url: string) {
  async function graphql(query: string, variables: object = {}, token?: string): Promise<GraphQLAnswer> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    const { data = null, errors = [] } = JSON.parse(text) as Partial<GraphQLAnswer>
    return { status: response.status, headers: response.headers, text, data, errors, code: errors[0]?.extensions.code }
  }

  async function succeed(query: string, variables: object = {}, token?: string): Promise<Record<string, any>> {
    const answer = await graphql(query, variables, token)
    if (answer.errors.length > 0 || !answer.data) throw new Error(`The query failed: ${answer.text}`)
    return answer.data
  }

  async function register(input: Partial<Account> = {}): Promise<Account> {
    const account = { email: `${unique()}@example.com`, username: unique(), password: 'correct horse', ...input }
    const { email, username, password } = account
    const { register: registered } = await succeed(REGISTER, { input: { email, username, password } })
    return { ...account, id: registered.user.id }
  }

  async function login({ email, password }: Pick<Account, 'email' | 'password'>) {
    return (await succeed(LOGIN, { input: { email, password } })).login as {
      token: string
      refreshToken: string
      expiresAt: string
    }
  }

  return {
    graphql,
    succeed,
    register,
    login,

    async signUp(input: Partial<Account> = {}): Promise<SignedIn> {
      const account = await register(input)
      const { token, refreshToken } = await login(account)
      return { ...account, token, refreshToken }
    },

    /** Signs up a user and makes them an ADMIN. `promote` does that for an email address. */
    async signUpAdmin(promote: (email: string) => Promise<unknown>): Promise<SignedIn> {
      const account = await register()
      await promote(account.email)
      return { ...account, ...(await login(account)) }
    },

    async isAvailable(username: string): Promise<boolean> {
      const query = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'
      return (await succeed(query, { username })).checkUsernameAvailability.available
    },
  }
}

// Registers users with the service, and signs them in.
import { post } from '../load/answers.ts'

export const PASSWORD = 'correct horse battery'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'

export const register = (url: string, username: string): Promise<unknown> => {
  const input = { email: `${username}@example.com`, username, password: PASSWORD }
  return post(url, JSON.stringify({ query: REGISTER, variables: { input } }))
}

/** Returns an access token. */
export async function signIn(url: string, username: string): Promise<string> {
  const body = JSON.stringify({ query: LOGIN, variables: { input: { username, password: PASSWORD } } })
  const { login } = await post(url, body)
  return login.token as string
}

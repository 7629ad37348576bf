// People who have registered through the service itself.
import { ask } from '../load/answers.ts'

export const PASSWORD = 'correct horse battery'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'

export const register = (url: string, username: string): Promise<unknown> => {
  const input = { email: `${username}@example.com`, username, password: PASSWORD }
  return ask(url, JSON.stringify({ query: REGISTER, variables: { input } }))
}

/** An access token. */
export async function signIn(url: string, username: string): Promise<string> {
  const body = JSON.stringify({ query: LOGIN, variables: { input: { username, password: PASSWORD } } })
  const { login } = await ask(url, body)
  return login.token as string
}

// Calls the service that `npm start` runs.
import { randomBytes } from 'node:crypto'

export const url = `${process.env['POSTERN_URL'] ?? 'http://127.0.0.1:8080'}/graphql`

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
export const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'

export const unique = () => `b${randomBytes(8).toString('hex')}`

export async function call(query: string, variables: object, token?: string): Promise<Record<string, any>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown }
  if (errors) throw new Error(`The service returned errors: ${JSON.stringify(errors)}`)
  return data
}

/** Registers a new user and returns the credentials for a login. */
export async function newAccount(): Promise<{ email: string; password: string; username: string }> {
  const account = { email: `${unique()}@example.com`, password: 'correct horse', username: unique() }
  await call(REGISTER, { input: account })
  return account
}

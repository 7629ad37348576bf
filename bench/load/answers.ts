// The responses that every candidate must send, and the check that it does.
import { check } from './request-bodies.ts'

export interface Expected {
  available: boolean
  reason: string | null
  message: string
}

export const TAKEN: Expected = { available: false, reason: 'TAKEN', message: 'This username is taken.' }
export const RESERVED: Expected = { available: false, reason: 'RESERVED', message: 'This username is reserved.' }
export const FREE: Expected = { available: true, reason: null, message: 'This username is available.' }

export async function post(url: string, body: string, token?: string): Promise<Record<string, any>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(url, { method: 'POST', headers, body })
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown }
  if (response.status !== 200 || errors)
    throw new Error(`${url} answered ${response.status}: ${JSON.stringify(errors)}`)
  return data
}

/** The data of an answer. Throws if it has errors. */
export function dataOf(body: string): Record<string, any> {
  const { data, errors } = JSON.parse(body) as { data?: Record<string, any>; errors?: unknown }
  if (errors || !data) throw new Error(`An answer was ${body}`)
  return data
}

/** Checks each username, and rejects unless every response is complete and correct. */
export async function verify(
  url: string,
  names: readonly string[],
  expected: (name: string) => Expected,
): Promise<void> {
  for (const name of names) {
    const { available, reason, message } = expected(name)
    const correct = { available, username: name, reason, message }
    const { checkUsernameAvailability: answer } = await post(url, check.before + name + check.after)
    const same = JSON.stringify(answer) === JSON.stringify(correct)
    if (!same) throw new Error(`${url} answered ${JSON.stringify(answer)} instead of ${JSON.stringify(correct)}.`)
  }
}

// What receivers say about tokens that they refuse (RFC 8935 section 2.3, RFC 8936 section 2.4.4).

export interface Refusal {
  /** Such as invalid_key or invalid_audience. */
  err: string
  description?: string | undefined
}

const LENGTH = 200

/** On one line: it stands in lists and logs. */
const plain = (text: string): string => text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()

export const describeRefusal = ({ err, description }: Refusal): string =>
  plain(`${err}: ${description ?? 'no description'}`).slice(0, LENGTH)

/** The refusal in the body of a response with status 400. Without one, the status says it. */
export function readRefusal(body: string): Refusal {
  try {
    const { err, description } = JSON.parse(body) as { err?: unknown; description?: unknown }
    if (typeof err === 'string') return { err, ...(typeof description === 'string' && { description }) }
  } catch {
    // It is not JSON.
  }
  return { err: 'invalid_request', description: 'The receiver answered 400 without an error code.' }
}

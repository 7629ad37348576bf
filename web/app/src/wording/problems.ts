import type { PosternError } from '@postern/client'

const sentences: Partial<Record<PosternError['code'], string>> = {
  NETWORK_ERROR: 'The service cannot be reached. Are you online? Nothing you typed is lost.',
  TIMEOUT: 'That took too long. Nothing you typed is lost: try again.',
  BAD_RESPONSE: 'The service cannot answer just now. Nothing you typed is lost: try again in a moment.',
  SERVICE_UNAVAILABLE: 'The service cannot answer just now. Nothing you typed is lost: try again in a moment.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on our side.',
}

/** One sentence for people; with the id to give to whoever looks after the service where it is a defect. */
export function sentenceFor(error: PosternError): string {
  const sentence = sentences[error.code] ?? error.message
  return error.code === 'INTERNAL_SERVER_ERROR' && error.requestId ? `${sentence} (${error.requestId})` : sentence
}

/** The rules of the API are said in the middle of a sentence. */
const asSentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`

/** The messages of INVALID_INPUT by the field they belong to, the first of each. */
export function fieldProblems(error: PosternError | null): Partial<Record<string, string>> {
  if (error?.code !== 'INVALID_INPUT') return {}
  return Object.fromEntries(error.fields.toReversed().map(({ path, message }) => [path, asSentence(message)]))
}

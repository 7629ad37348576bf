// Sends a request to a receiver, through the guard against private networks.
import { OutboundFailure, type OutboundRequests } from '../outbound/requests.js'

/** `failure` is a sentence for administrators, without anything that the receiver sent; null if there was a response. */
export interface ReceiverResponse {
  responseStatus: number | null
  failure: string | null
}

export type PostToReceiver = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal },
) => Promise<ReceiverResponse>

export const createPostToReceiver =
  ({ send }: Pick<OutboundRequests, 'send'>): PostToReceiver =>
  async (url, request) => {
    try {
      const { status } = await send(url, { method: 'POST', ...request })
      return { responseStatus: status, failure: null }
    } catch (error) {
      if (error instanceof OutboundFailure) return { responseStatus: null, failure: error.message }
      throw error
    }
  }

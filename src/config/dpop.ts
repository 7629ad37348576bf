// The variables of DPoP: the URLs that proofs may be for, and whether they need a nonce.
import { z } from 'zod'
import { list } from '@postern/service/values'

function isBaseUrl(item: string): boolean {
  const url = URL.parse(item)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return `${url.username}${url.password}${url.search}${url.hash}` === '' && !/[?#*]/.test(item)
}

export const dpopVariables = z.object({
  DPOP_URLS: list
    .refine(
      (items) => items.every(isBaseUrl),
      'must be comma-separated URLs by which clients reach the service, such as https://auth.example.com, without credentials, ? and #',
    )
    .transform((items) => items.map((item) => new URL(item).href.replace(/\/$/, ''))),
  DPOP_NONCE: z.enum(['optional', 'required'], 'must be optional or required').default('optional'),
})

interface Sources {
  NODE_ENV: string
  APP_URL?: string | undefined
  DPOP_URLS: readonly string[]
}

/**
 * Where clients reach the service. By default that is APP_URL. Null: outside of production, wherever they have reached it on
 * this machine. Empty: in production it must be known, because the client names the Host, and DPoP is off.
 */
export function dpopUrls({ NODE_ENV, APP_URL, DPOP_URLS }: Sources): readonly string[] | null {
  if (DPOP_URLS.length > 0) return DPOP_URLS
  if (APP_URL !== undefined) return [APP_URL]
  return NODE_ENV === 'production' ? [] : null
}

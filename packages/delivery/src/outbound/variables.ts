// The variables of requests that Postern sends to addresses of administrators.
import { z } from 'zod'
import { list } from '@postern/service/values'

/** A host as it stands in a URL, or null. */
function hostOf(text: string): string | null {
  const url = URL.parse(`http://${text}/`)
  return url?.host === url?.hostname && url?.pathname === '/' && !url.username && !url.search ? url.hostname : null
}

export const outboundVariables = z.object({
  OUTBOUND_ALLOWED_HOSTS: list
    .refine(
      (items) => items.every((item) => hostOf(item) !== null),
      'must be comma-separated host names or addresses without ports, such as receiver.internal,10.0.0.7,[fd00::7]',
    )
    .transform((items) => items.flatMap((item) => hostOf(item) ?? [])),
})

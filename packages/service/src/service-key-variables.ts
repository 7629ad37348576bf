// The variables of calls between services: the keys of those that may call, and the one that this service sends.
import { z } from 'zod'

/** The name of a service and the key that it sends. */
export interface ServiceKey {
  readonly name: string
  readonly key: string
}

/** A key has no comma, so that a list of them can be read. */
const ENTRY = /^([a-z][a-z\d-]{0,31})([=:])([\x21-\x2b\x2d-\x7e]{32,256})$/

function parse(text: string, separator: '=' | ':'): ServiceKey | null {
  const [, name, found, key] = ENTRY.exec(text.trim()) ?? []
  return name === undefined || key === undefined || found !== separator ? null : { name, key }
}

export const serviceKeyVariables = z.object({
  /** `auth=<key>,workflow=<key>`: a name can have several keys, as during a rotation. */
  SERVICE_KEYS: z
    .string()
    .default('')
    .transform((text, context): readonly ServiceKey[] => {
      const items = text.split(',').filter((item) => item.trim() !== '')
      const keys = items.map((item) => parse(item, '='))
      if (keys.every((key) => key !== null)) return keys
      context.addIssue(
        'must be comma-separated pairs of a name and a key of at least 32 characters, such as auth=… Generate one with: openssl rand -hex 32',
      )
      return z.NEVER
    }),
  /** `<name>:<key>`: the name and the key of this service, as those that it calls know them. */
  SERVICE_KEY: z
    .string()
    .transform((text, context): ServiceKey => {
      const key = parse(text, ':')
      if (key) return key
      context.addIssue(
        'must be the name of this service, a colon and its key of at least 32 characters, such as auth:…',
      )
      return z.NEVER
    })
    .optional(),
})

export type ServiceKeyVariables = z.output<typeof serviceKeyVariables>

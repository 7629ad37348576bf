// What the document says about the API as a whole.
import type { Schema } from './schemas.ts'

export const info: Schema = {
  title: 'Postern',
  version: '1',
  summary: 'Accounts and sessions over REST.',
  description: [
    'The REST API of the gateway. It has the use cases of the GraphQL and gRPC APIs, with the same rules, limits and error codes.',
    '',
    'Call `register`, then `login`, and send the access token as `Authorization: Bearer <token>`. A session that was started with ' +
      'a `DPoP` header (RFC 9449) is bound to that key: send `Authorization: DPoP <token>` and a proof in `DPoP`.',
    '',
    'Bodies are JSON in the canonical form of Protocol Buffers: times as in RFC 3339, 64-bit integers as strings, enums as their ' +
      'names. Responses have every field; only optional fields and messages without a value are left out. A PATCH changes the fields ' +
      'that its body names; null clears a field. Errors are problem details (RFC 9457) with a `code`.',
  ].join('\n'),
  license: { name: 'MIT', identifier: 'MIT' },
}

/** The gateway that serves the document. */
export const servers: Schema[] = [{ url: '/', description: 'This gateway.' }]

export const securitySchemes: Record<string, Schema> = {
  bearer: { type: 'http', scheme: 'bearer', description: 'The `token` that `login` returned.' },
  dpop: {
    type: 'http',
    scheme: 'dpop',
    description: 'The `token` of a session that is bound to a key (RFC 9449). It also needs `dpopProof`.',
  },
  dpopProof: {
    type: 'apiKey',
    in: 'header',
    name: 'DPoP',
    description: 'A proof of the key for this request (RFC 9449). With a sign-in, it binds the session to the key.',
  },
}

/** Of every operation that does not say otherwise. */
export const security: Schema[] = [{ bearer: [] }, { dpop: [], dpopProof: [] }]

export const tags: { name: string; description: string }[] = [
  { name: 'Accounts', description: 'Registration and the profile.' },
  { name: 'Sessions', description: 'Signing in and out, and tokens.' },
  { name: 'OAuth', description: 'Signing in with providers.' },
  { name: 'Usernames', description: 'Availability of usernames.' },
  { name: 'Consents', description: 'What a person agreed to, and how that can be proved.' },
  { name: 'Notifications', description: 'Messages to a person, and how they want to get them.' },
  { name: 'Webhooks', description: 'Where events are sent over HTTP. For administrators.' },
  { name: 'Operation', description: 'The state of the services.' },
]

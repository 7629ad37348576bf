import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** What a response says, so that a test can make it say something else. */
export interface Said {
  origin: string
  rpId: string
  type: string
  challenge: string
  crossOrigin: boolean | undefined
  topOrigin: string | undefined
  /** User present 1, verified 4, backup eligible 8, backed up 16, attested credential data 64. */
  flags: number
  signCount: number
  userHandle: string | null
  /** Signs the response. */
  key: KeyObject
  credentialId: Buffer
  aaguid: string
  attestation: { fmt: string; attStmt: Map<string, unknown> }
  transports: string[]
}

interface CreationOptions {
  challenge: string
  user: { id: string }
}

export const USED = 0b0000_0101
export const CREATED = 0b0100_0101
export const SYNCED = 0b0001_1000

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()

export type Authenticator = ReturnType<typeof createAuthenticator>

/** An authenticator with one passkey, in the place of a browser's. */
export function createAuthenticator({ origin, rpId }: { origin: string; rpId: string }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      ...([
        [1, 2],
        [3, -7],
        [-1, 1],
      ] as const),
      [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
    ]),
  )
  const own = { key: privateKey, credentialId: randomBytes(32), signCount: 0, userHandle: null as string | null }

  const defaults = (challenge: string, type: string, flags: number): Said => ({
    ...{ origin, rpId, type, challenge, flags, crossOrigin: false, topOrigin: undefined, ...own },
    ...{ aaguid: '00000000-0000-0000-0000-000000000000', attestation: { fmt: 'none', attStmt: new Map() } },
    transports: ['internal', 'hybrid'],
  })

  const clientDataOf = ({ type, challenge, origin, crossOrigin, topOrigin }: Said): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin, topOrigin }))

  function authenticatorDataOf({ rpId, flags, signCount }: Said): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(signCount)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter])
  }

  const common = ({ credentialId }: Said) => {
    const id = credentialId.toString('base64url')
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' }
  }

  return {
    credentialId: own.credentialId,

    /** What `navigator.credentials.create()` returns, as JSON. */
    create(options: CreationOptions, changes: Partial<Said> = {}) {
      const said = { ...defaults(options.challenge, 'webauthn.create', CREATED), ...changes }
      own.userHandle = options.user.id
      const length = Buffer.alloc(2)
      length.writeUInt16BE(said.credentialId.length)
      const authData = Buffer.concat([
        ...[authenticatorDataOf(said), Buffer.from(said.aaguid.replaceAll('-', ''), 'hex')],
        ...(said.flags & 64 ? [length, said.credentialId, cose] : []),
      ])
      const { fmt, attStmt } = said.attestation
      const attestation = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authData)],
      ])
      return {
        ...common(said),
        response: {
          clientDataJSON: clientDataOf(said).toString('base64url'),
          attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
          transports: said.transports,
        },
      }
    },

    /** What `navigator.credentials.get()` returns, as JSON. */
    get(options: { challenge: string }, changes: Partial<Said> = {}) {
      const said = { ...defaults(options.challenge, 'webauthn.get', USED), ...changes }
      own.signCount = said.signCount
      const clientData = clientDataOf(said)
      const authenticatorData = authenticatorDataOf(said)
      return {
        ...common(said),
        response: {
          clientDataJSON: clientData.toString('base64url'),
          authenticatorData: authenticatorData.toString('base64url'),
          signature: sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), said.key).toString(
            'base64url',
          ),
          userHandle: said.userHandle,
        },
      }
    },
  }
}

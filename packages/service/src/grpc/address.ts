// Where a service is, and how its channel is secured.
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import type { ServiceAddress } from '../service-address.js'

/** What the variables say about one service. */
export interface UpstreamAddress extends ServiceAddress {
  /** The only trusted authorities, in PEM. Undefined: those of Node.js. */
  readonly ca?: string | undefined
  /** The caller's own certificate and key, in PEM, for services that require one (mTLS). */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

export function credentialsOf({ tls, ca, certificate, key }: UpstreamAddress): ChannelCredentials {
  if (!tls) return credentials.createInsecure()
  const bytes = (pem: string | undefined) => (pem === undefined ? null : Buffer.from(pem))
  return credentials.createSsl(bytes(ca), bytes(key), bytes(certificate))
}

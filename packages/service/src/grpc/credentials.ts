// What the server proves to clients, and what they have to prove: nothing, TLS, or mutual TLS.
import { ServerCredentials } from '@grpc/grpc-js'
import type { GrpcVariables } from '../grpc-variables.js'

type TlsConfig = Pick<GrpcVariables, 'GRPC_TLS_CERT' | 'GRPC_TLS_KEY' | 'GRPC_TLS_CLIENT_CA'>

/** With a CA for clients, one without a certificate of it can't connect. Throws if the key does not belong to the certificate. */
export function serverCredentials({
  GRPC_TLS_CERT: certificate,
  GRPC_TLS_KEY: key,
  GRPC_TLS_CLIENT_CA: clientCa,
}: TlsConfig): ServerCredentials {
  if (certificate === undefined || key === undefined) return ServerCredentials.createInsecure()
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) }
  return ServerCredentials.createSsl(
    clientCa === undefined ? null : Buffer.from(clientCa),
    [pair],
    clientCa !== undefined,
  )
}

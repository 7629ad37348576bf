// What the page of a test calls: AuthService by gRPC-Web, with the client that applications use.
import { ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcWebTransport } from '@connectrpc/connect-web'
import { AuthService } from '../../../../packages/proto/src/auth.js'
import { ErrorInfoSchema } from '../../../../packages/proto/src/errors.js'

type Client = Record<string, (request: object, options: { headers: HeadersInit }) => Promise<object>>

/** Resolves to the response, or to what the error says. */
async function call(baseUrl: string, rpc: string, request: object, token?: string): Promise<object> {
  const client = createClient(AuthService, createGrpcWebTransport({ baseUrl })) as unknown as Client
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const response = await client[rpc]?.(request, { headers })
    return JSON.parse(
      JSON.stringify(response, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ) as object
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error)
    return { code, message: rawMessage, reason: ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason }
  }
}

Object.assign(globalThis, { call })

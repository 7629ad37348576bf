// What a gateway beside the development service needs to know besides the settings of that service.

/** Where the service listens for gRPC unless GRPC_PORT says otherwise. */
const GRPC_PORT = '50051'

/** @param {NodeJS.ProcessEnv} settings of the service, with its GATEWAY_KEY @returns {{ AUTH_GRPC_URL: string }} */
export const gatewaySettings = ({ AUTH_GRPC_URL, GRPC_PORT: port }) => ({
  AUTH_GRPC_URL: AUTH_GRPC_URL || `localhost:${port || GRPC_PORT}`,
})

/** Where it answers on this machine. @param {NodeJS.ProcessEnv} settings */
export const gatewayUrl = ({ GATEWAY_PORT: port }) => `http://localhost:${port || '8090'}`

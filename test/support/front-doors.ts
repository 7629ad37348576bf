// The service with gRPC, and a gateway in front of it, both in this process.
import { GATEWAY_KEY, startGateway } from './gateway.js'
import { startService, type Service } from './service.js'

export type FrontDoors = Awaited<ReturnType<typeof startFrontDoors>>

/** `env`: of the service, and TRUST_PROXY also of the gateway. */
export async function startFrontDoors(env: Record<string, string> = {}) {
  const service: Service = await startService({ GRPC_PORT: '0', GATEWAY_KEY, ...env })
  /** As clients of gRPC write it: `127.0.0.1:50051`. */
  const grpcAddress = `127.0.0.1:${service.grpc?.port ?? 0}`
  const gateway = await startGateway({ AUTH_GRPC_URL: grpcAddress, TRUST_PROXY: env['TRUST_PROXY'] ?? '' })
  return {
    ...{ service, grpcAddress, gateway },
    async stop() {
      await gateway.stop()
      await service.stop()
    },
  }
}

// grpc.health.v1: the health checks of gRPC.
export * from './generated/grpc/health/v1/health_pb.js'

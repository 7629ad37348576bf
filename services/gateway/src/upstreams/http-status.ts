// The HTTP status of an error of a service: by its code, or else by that of gRPC.
import type { status } from '@grpc/grpc-js'
import { ERROR_STATUSES, grpcStatusOf, HTTP_STATUSES } from '@postern/contract/error-statuses'

export function httpStatusOf(code: string, grpc: status): number {
  const known = Object.hasOwn(ERROR_STATUSES, code) ? ERROR_STATUSES[code as keyof typeof ERROR_STATUSES] : null
  return known?.http ?? HTTP_STATUSES[grpcStatusOf(grpc)]
}

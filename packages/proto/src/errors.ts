// google.rpc: the status of a call and its details.
export * from './generated/google/rpc/code_pb.js'
export * from './generated/google/rpc/error_details_pb.js'
export * from './generated/google/rpc/status_pb.js'

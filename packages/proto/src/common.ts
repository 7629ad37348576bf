// postern.common.v1: errors, pages, metadata, states, and the options of RPCs.
export * from './generated/postern/common/v1/common_pb.js'
export * from './generated/postern/common/v1/options_pb.js'

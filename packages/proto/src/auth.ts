// postern.auth.v1: accounts and sessions.
export * from './generated/postern/auth/v1/auth_pb.js'

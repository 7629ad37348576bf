// postern.auth.v1.DirectoryService: how other services reach users.
export * from './generated/postern/auth/v1/directory_pb.js'

// auth.AuthService: the name that earlier examples call, with the messages of postern.auth.v1.
export { AuthService as AuthServiceAlias, file_auth_auth } from './generated/auth/auth_pb.js'

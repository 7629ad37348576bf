// google.api.http: the option of an RPC that says which HTTP requests call it.
export { http } from './generated/google/api/annotations_pb.js'
export { type CustomHttpPattern, type HttpRule, HttpRuleSchema } from './generated/google/api/http_pb.js'

// mercurius, with `jit: 1`: it compiles a query when it arrives the second time.
import { fastify } from 'fastify'
import { mercurius } from 'mercurius'
import { host, port, resolvers, typeDefs } from './check.ts'

const http = fastify()
await http.register(mercurius, { schema: typeDefs, resolvers, jit: 1 })
await http.listen({ host, port })

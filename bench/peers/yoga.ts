// graphql-yoga on node:http. Its cache of parsed and validated queries is on by default.
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { host, port, resolvers, typeDefs } from './check.ts'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  logging: 'warn',
  graphiql: false,
  landingPage: false,
})
const server = createServer((request, response) => void yoga(request, response))
server.listen(port, host)

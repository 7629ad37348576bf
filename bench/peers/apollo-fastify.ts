// Apollo Server behind Fastify.
import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { fastify } from 'fastify'
import { host, port, resolvers, typeDefs } from './check.ts'

const server = new ApolloServer({ typeDefs, resolvers })
await server.start()

const http = fastify()
http.route({ url: '/graphql', method: ['GET', 'POST', 'OPTIONS'], handler: fastifyApolloHandler(server) })
await http.listen({ host, port })

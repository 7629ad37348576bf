// Apollo Server with startStandaloneServer, as its documentation shows.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { host, port, resolvers, typeDefs } from './check.ts'

const server = new ApolloServer({ typeDefs, resolvers })
await startStandaloneServer(server, { listen: { host, port } })

// The operation of policy.graphql.
import type { Policy, QueryResolvers } from '../generated/graphql.js'

export const policyQueries = (policy: Policy) => ({ policy: () => policy }) satisfies QueryResolvers

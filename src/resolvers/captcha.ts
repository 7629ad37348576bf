// Requires a captcha before anything else of an operation happens.
import type { GraphQLFieldResolver } from 'graphql'
import type { Captcha } from '../services/captcha/index.js'
import type { GraphQLContext } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext, { input: { captchaToken?: string | null } }>

const OPERATIONS = ['register', 'login']

/**
 * Wraps the resolvers of `register` and `login`. Nothing is read, counted as a failed login or hashed before the captcha is
 * verified, so no answer depends on the account, and a program can't lock one. Null: captchas are off.
 */
export function withCaptcha<Fields extends object>(fields: Fields, captcha: Captcha | null): Fields {
  if (!captcha) return fields
  const required = Object.entries(fields).map(([operation, resolver]: [string, unknown]) => {
    if (!OPERATIONS.includes(operation)) return [operation, resolver]
    const checked: Resolver = async (source, args, context, info) => {
      // A captcha works once, and a proof may have to be sent again with another nonce.
      await context.client.provenKey()
      await captcha.check(args.input.captchaToken)
      return (resolver as Resolver)(source, args, context, info)
    }
    return [operation, checked]
  })
  return Object.fromEntries(required) as Fields
}

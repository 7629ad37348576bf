// Requires a captcha for the resolvers of `register` and `login`.
import type { GraphQLFieldResolver } from 'graphql'
import { CAPTCHA_OPERATIONS, requireCaptcha } from '../requests/captcha.js'
import type { Captcha } from '../services/captcha/index.js'
import type { GraphQLContext } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext, { input: { captchaToken?: string | null } }>

/** Null: captchas are off. */
export function withCaptcha<Fields extends object>(fields: Fields, captcha: Captcha | null): Fields {
  if (!captcha) return fields
  const required = Object.entries(fields).map(([operation, resolver]: [string, unknown]) => {
    if (!CAPTCHA_OPERATIONS.includes(operation)) return [operation, resolver]
    const checked: Resolver = async (source, args, context, info) => {
      await requireCaptcha(captcha, context.client, args.input.captchaToken)
      return (resolver as Resolver)(source, args, context, info)
    }
    return [operation, checked]
  })
  return Object.fromEntries(required) as Fields
}

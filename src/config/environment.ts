// Every variable that the service reads, joined from the schemas of the domains.
import { z } from 'zod'
import { mailVariables } from '@postern/delivery/mail/variables'
import { outboundVariables } from '@postern/delivery/outbound/variables'
import { webhookVariables } from '@postern/delivery/webhooks/variables'
import { rabbitmqVariables } from '@postern/service/events/rabbitmq-variables'
import { redisVariables } from '@postern/service/redis-variables'
import { tracingVariables } from '@postern/service/tracing-variables'
import { accountVariables } from './accounts.js'
import { auditVariables } from './audit.js'
import { brandingVariables } from './branding.js'
import { captchaVariables } from './captcha.js'
import { databaseVariables } from './database.js'
import { dpopVariables } from './dpop.js'
import { eventVariables } from './events.js'
import { factorVariables } from './factors.js'
import { grpcVariables } from './grpc.js'
import { httpVariables } from './http.js'
import { limitVariables } from './limits.js'
import { passkeyVariables } from './passkeys.js'
import { oauthVariables } from './oauth.js'
import { passwordVariables } from './passwords.js'
import { processVariables } from './processes.js'
import { sessionVariables } from './sessions.js'
import { signalVariables } from './signals.js'
import { upstreamVariables } from './upstreams.js'
import { tokenVariables } from './tokens.js'
import { usernameVariables } from './usernames.js'
import { verificationVariables } from './verification.js'

/** Durations are whole seconds. `.env.example` and the README repeat the defaults. */
export const environment = z.object({
  ...processVariables.shape,
  ...httpVariables.shape,
  ...grpcVariables.shape,
  ...databaseVariables.shape,
  ...redisVariables.shape,
  ...rabbitmqVariables.shape,
  ...tokenVariables.shape,
  ...sessionVariables.shape,
  ...dpopVariables.shape,
  ...passwordVariables.shape,
  ...passkeyVariables.shape,
  ...usernameVariables.shape,
  ...verificationVariables.shape,
  ...accountVariables.shape,
  ...brandingVariables.shape,
  ...limitVariables.shape,
  ...factorVariables.shape,
  ...tracingVariables.shape,
  ...auditVariables.shape,
  ...captchaVariables.shape,
  ...signalVariables.shape,
  ...outboundVariables.shape,
  ...webhookVariables.shape,
  ...upstreamVariables.shape,
  ...mailVariables.shape,
  ...oauthVariables.shape,
  ...eventVariables.shape,
})

export type Environment = z.output<typeof environment>

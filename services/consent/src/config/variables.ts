// Every variable that the consent service has besides those of all services.
import { readFileSync } from 'node:fs'
import { databaseUrl } from '@postern/service/database/variables'
import { portOrOff, programVariables } from '@postern/service/program-variables'
import { serviceAddress } from '@postern/service/service-address'
import { count, secret } from '@postern/service/values'
import { z } from 'zod'
import { language } from '../purposes/purpose-file.js'

/** Its value is the text of the file. */
const file = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    context.addIssue(`must be the path of a file that can be read (${code})`)
    return z.NEVER
  }
})

/** Comma-separated, so that keys of earlier rotations can be kept as long as their entries. */
const previousKeys = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((key) => key.trim() || []))
  .refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be comma-separated keys of at least 32 bytes',
  )

const text = (max: number) => z.string().trim().max(max, `must have at most ${max} characters`)

/** Durations are whole seconds, unless their name says otherwise. */
export const variables = programVariables.extend({
  CONSENT_DATABASE_URL: databaseUrl,
  CONSENT_GRPC_HOST: z.string().optional(),
  CONSENT_GRPC_PORT: count(50_053, 0, 65_535),
  /** Metrics and probes. */
  CONSENT_METRICS_PORT: portOrOff(9097),

  CONSENT_KEY: secret,
  CONSENT_KEY_PREVIOUS: previousKeys,

  CONSENT_CONTROLLER_NAME: text(200).optional(),
  CONSENT_CONTROLLER_ADDRESS: text(500).optional(),
  CONSENT_CONTROLLER_CONTACT: text(255).optional(),
  CONSENT_JURISDICTION: z
    .string()
    .regex(/^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/, 'must be a code of ISO 3166, such as DE or US-CA')
    .optional(),
  CONSENT_LANGUAGE: language.default('en'),

  CONSENT_PURPOSES_FILE: file.optional(),
  CONSENT_LIFETIME_DAYS: count(365, 1, 36_500, ' days'),
  CONSENT_RETENTION_YEARS: count(7, 1, 100, ' years'),
  CONSENT_DENIED_TTL: count(60, 1, 3600, ' seconds'),

  /** Of the service that tells people what became of their consents. */
  NOTIFICATION_GRPC_URL: serviceAddress.optional(),
})

export type Variables = z.output<typeof variables>

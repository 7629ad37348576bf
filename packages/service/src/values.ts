// The types of value that several variables share.
import { z } from 'zod'

/** The variables as a process receives them. */
export type Variables = Readonly<Record<string, string | undefined>>

export const whole = (min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number${unit}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${min} to ${max}${unit}`)

export const count = (fallback: number, min: number, max: number, unit = '') => whole(min, max, unit).default(fallback)

/** A duration in seconds: by default up to ten years. */
export const seconds = (fallback: number, min = 1, max = 10 * 365 * 86_400) => count(fallback, min, max, ' seconds')

export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')

/** Comma-separated items. */
export const list = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((item) => item.trim() || []))

/** A key for an HMAC. */
export const secret = z
  .string('is required; generate one with: openssl rand -hex 32')
  .refine((value) => Buffer.byteLength(value) >= 32, {
    message: 'must be at least 32 bytes long; generate one with: openssl rand -hex 32',
  })

import { expect, it } from 'vitest'
import { z } from 'zod'
import { parse } from '../../src/input/parse.js'

it('an input with many problems is refused with the first 50 of them', () => {
  const rules = z.object({ names: z.array(z.string('must be a text')) })
  expect(() => parse(rules, { names: Array(60).fill(1) })).toThrow(
    expect.objectContaining({
      code: 'INVALID_INPUT',
      fields: Array.from({ length: 50 }, (_, i) => ({
        path: `names.${i}`,
        message: 'Names must be a text.',
        code: 'INVALID_INPUT',
      })),
    }) as Error,
  )
})

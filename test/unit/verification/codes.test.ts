// The codes of mails.
import { describe, expect, it } from 'vitest'
import { createCodeOf } from '../../../src/services/verification/index.js'

const KEY = 'k'.repeat(32)
const codeOf = createCodeOf(KEY)

describe('the code of a mail', () => {
  it('has 8 digits, those at the front too', () => {
    const codes = Array.from({ length: 500 }, (_, i) => codeOf(`event-${i}`))
    for (const code of codes) expect(code).toMatch(/^[0-9]{8}$/)
    expect(codes.some((code) => code.startsWith('0'))).toBe(true)
  })

  it('is the same for the same event, and another for another event or key', () => {
    expect(createCodeOf(KEY)('event-1')).toBe(codeOf('event-1'))
    expect(codeOf('event-2')).not.toBe(codeOf('event-1'))
    expect(createCodeOf('x'.repeat(32))('event-1')).not.toBe(codeOf('event-1'))
  })
})

import { expect, it } from 'vitest'
import { createAuditKeys } from '../../../src/services/audit/index.js'
import { sealOf } from '../../../src/services/audit/seals.js'

const KEY = 'audit-key-0123456789abcdef0123456789abcdef'

it('has seals that stay as they are from version to version', () => {
  const keys = createAuditKeys(KEY, [])
  const entry = {
    ...{ id: '01a20128-2e38-75f8-986e-081b88796c39', at: new Date('2026-11-29T12:00:00.123Z') },
    ...{ action: 'LOGIN', result: 'SUCCESS', actor: 'USER', actorId: '01a20128-2e38-75f8-986e-081b88796c38' },
    ...{ accountId: '01a20128-2e38-75f8-986e-081b88796c38', facts: '{}', commitment: null },
  }
  const seal = sealOf(keys, keys.currentId, { position: 0, seal: '' }, entry)
  expect([keys.currentId, seal]).toEqual([
    'a6e5bb45',
    '756a6aff9877accd228cc8cbd9dd778f376bf3e46177dca681985484adef80af',
  ])
})

it('knows previous keys, no others, and names each by itself', () => {
  const rotated = createAuditKeys('another-key-0123456789abcdef0123456789', [KEY])
  const { currentId } = createAuditKeys(KEY, [])
  expect(rotated.currentId).not.toBe(currentId)
  expect(rotated.mac(currentId, 'text')).toBe(createAuditKeys(KEY, []).mac(currentId, 'text'))
  expect(rotated.mac('00000000', 'text')).toBeNull()
})

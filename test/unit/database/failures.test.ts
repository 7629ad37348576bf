import { describe, expect, it } from 'vitest'
import { asDomainError, isReadOnlyRefusal, isUnresponsive, isWriteConflict } from '@postern/service/database/failures'

const failure = (errno: number) => Object.assign(new Error('from the server'), { errno })

describe('an error of the server', () => {
  it.each([
    [1021, 'no space on the disk'],
    [1114, 'no space for the table'],
    [1205, 'a lock was waited for too long'],
    [1290, 'read_only'],
    [1836, 'innodb_read_only'],
    [1040, 'too many connections'],
  ])('%i (%s) is an outage, and not repeated', (errno) => {
    expect(asDomainError(failure(errno))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(isWriteConflict(failure(errno))).toBe(false)
  })

  it.each([1021, 1114, 1205, 1290, 1836])('%i opens no breaker: the server answers', (errno) => {
    expect(isUnresponsive(failure(errno))).toBe(false)
  })

  it.each([1213, 1020])('%i is repeated', (errno) => {
    expect(isWriteConflict(failure(errno))).toBe(true)
  })

  it('says whether the server is read-only', () => {
    expect([1290, 1792, 1836, 1205].map((errno) => isReadOnlyRefusal(failure(errno)))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})

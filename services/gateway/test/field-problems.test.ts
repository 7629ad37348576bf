import { firstProblems } from '@postern/contract/first-problems'
import { describe, expect, it } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu-time.js'
import { echoService } from '../../../test/support/echo-service.js'
import { problemsIn } from '../src/transcoding/field-problems.js'

const { input } = echoService().method['post']!

describe('the problems of a message', () => {
  it.each([
    ['texts', { tags: Array(50_000).fill(1) }],
    ['objects', { list: Array(30_000).fill(0) }],
    ['objects in which two fields exclude each other', { list: Array(3000).fill({ zipCode: null, zip_code: null }) }],
    ['objects in objects', { list: Array(3000).fill({ inner: { inner: { inner: { city: 5 } } } }) }],
  ])('take no longer to find if there are thousands more: %s', (_, json) => {
    const found = { count: 0 }
    const milliseconds = cpuMilliseconds(() => (found.count = firstProblems(problemsIn(input, json)).length))
    expect(found.count).toBe(50)
    // All of them would take more than a second.
    expect(milliseconds).toBeLessThan(200)
  })
})

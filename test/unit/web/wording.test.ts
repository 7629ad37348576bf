import { type FieldProblem, PosternError } from '@postern/client'
import { describe, expect, it } from 'vitest'
import { describeActivity, describeActor } from '../../../web/app/src/wording/activities.js'
import { describeDevice } from '../../../web/app/src/wording/devices.js'
import { fieldErrors, sentenceFor } from '../../../web/app/src/wording/problems.js'
import { ago, duration } from '../../../web/app/src/wording/times.js'

describe('a device', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox on Windows',
      'computer',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge on Windows',
      'computer',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
      'phone',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'Safari on macOS',
      'computer',
    ],
    [
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
      'phone',
    ],
    ['curl/8.5.0', 'curl', 'program'],
    ['node', 'node', 'program'],
    ['', 'Unknown device', 'program'],
    [null, 'Unknown device', 'program'],
  ])('that says %s is called %s', (userAgent, name, kind) => {
    expect(describeDevice(userAgent)).toEqual({ name, kind })
  })

  it('with an unknown User-Agent is shown as that text, cut to 60 characters', () => {
    expect(describeDevice('x'.repeat(500)).name).toHaveLength(60)
  })
})

describe('a time', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')

  it.each([
    ['2026-11-22T11:59:30Z', 'just now'],
    ['2026-11-22T12:00:20Z', 'just now'],
    ['2026-11-22T11:58:00Z', '2 minutes ago'],
    ['2026-11-22T12:03:00Z', 'just now'],
    ['2026-11-22T09:00:00Z', '3 hours ago'],
    ['2026-11-21T10:00:00Z', 'yesterday'],
    ['2026-09-20T12:00:00Z', '2 months ago'],
  ])('%s was %s', (date, words) => {
    expect(ago(date, now)).toBe(words)
  })

  it.each([
    [2_592_000, '30 days'],
    [86_400, '1 day'],
    [5400, '2 hours'],
    [60, '1 minute'],
    [10, '10 seconds'],
  ])('of %i s is %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })
})

describe('an error', () => {
  it('names every invalid field, each with its own code and message', () => {
    const fields: FieldProblem[] = [
      { path: 'email', message: 'An account with this email address already exists', code: 'EMAIL_EXISTS' },
      { path: 'password', message: 'Password must have 8 to 128 characters' },
    ]
    expect(fieldErrors(new PosternError('INVALID_INPUT', { message: 'See extensions.fields.', fields }))).toEqual([
      { path: 'email', message: 'An account with this email address already exists.', code: 'EMAIL_EXISTS' },
      { path: 'password', message: 'Password must have 8 to 128 characters.', code: 'INVALID_INPUT' },
    ])
  })

  it('without fields belongs to the field that the form has for its code', () => {
    const error = new PosternError('USERNAME_TAKEN', { message: 'This username is taken.' })
    const username = { path: 'username', message: 'This username is taken.', code: 'USERNAME_TAKEN' }
    expect(fieldErrors(error, { USERNAME_TAKEN: 'username' })).toEqual([username])
    expect(fieldErrors(error)).toEqual([])
  })

  it('is shown in the words of the service, as a sentence', () => {
    const message = "you don't have permission to do this"
    expect(sentenceFor(new PosternError('FORBIDDEN', { message }))).toBe("You don't have permission to do this.")
  })

  it('on the side of the service comes with the request id', () => {
    const error = new PosternError('INTERNAL_SERVER_ERROR', { message: 'Unexpected', requestId: 'r-1' })
    expect(sentenceFor(error)).toBe('Something went wrong on our side. Request ID: r-1')
  })
})

describe('an activity', () => {
  const nothing = { id: 'e', at: '2026-11-22T12:00:00Z', facts: [], ipAddress: null, userAgent: null }

  it.each([
    ['LOGIN', 'SUCCESS', 'Signed in'],
    ['LOGIN', 'FAILURE', 'Failed sign-in'],
    ['LOGIN', 'LOCKED', 'Sign-in refused after too many failures'],
    ['FROM_A_NEWER_VERSION', 'SUCCESS', 'Account changed'],
    ['FROM_A_NEWER_VERSION', 'FAILURE', 'Something was refused'],
  ])('%s with the result %s is "%s"', (action, result, words) => {
    const activity = { ...nothing, action, result, actor: 'USER', actorId: 'u' }
    expect(describeActivity(activity)).toBe(words)
    const often = { ...activity, facts: [{ name: 'times', value: '12' }] }
    expect(describeActivity(often)).toBe(`${words}, 12 times`)
  })

  it.each([
    ['USER', 'u', null],
    ['USER', null, 'By an administrator'],
    ['OPERATOR', null, 'By an administrator'],
    ['SERVICE', null, 'By the service'],
    ['UNKNOWN', null, 'By someone who did not sign in'],
  ])('of %s %s is shown as by %s', (actor, actorId, words) => {
    expect(describeActor({ ...nothing, action: 'LOGIN', result: 'SUCCESS', actor, actorId }, 'u')).toBe(words)
  })
})

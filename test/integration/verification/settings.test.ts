import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { mailsAreHandled, mailsTo } from '../../support/mail-codes.js'
import { startInstance, startService, TEST_ENVIRONMENT, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

const VERIFY = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }'
const PASSWORD = 'correct horse'

/** Two instances of one deployment, whose settings differ, as during a change of them. */
let required: Service
let hidden: Instance
beforeAll(async () => {
  required = await startService({ REQUIRE_VERIFIED_EMAIL: 'true' })
  hidden = await startInstance({
    DATABASE_URL: required.database.url,
    REDIS_URL: testRedisUrl(),
    REQUIRE_VERIFIED_EMAIL: 'true',
    HIDE_REGISTRATION: 'true',
  })
})
afterAll(async () => {
  await hidden.stop()
  await required.stop()
})

const login = (on: Instance, email: string, password = PASSWORD) => on.graphql(LOGIN, { input: { email, password } })
const verify = async (email: string) =>
  required.succeed(VERIFY, { input: { email, code: (await mailsTo(required, email))[0]!.code } })
const withoutRequestId = (text: string) => text.replaceAll(/"requestId":"[^"]+"/g, '')

describe('REQUIRE_VERIFIED_EMAIL', () => {
  it('lets an unverified account in only after the code, and says so only after the right password', async () => {
    const { email } = await required.register({ password: PASSWORD })
    expect((await login(required, email)).code).toBe('EMAIL_NOT_VERIFIED')
    expect((await login(required, email, 'wrong')).code).toBe('UNAUTHENTICATED')
    await verify(email)
    expect((await login(required, email)).code).toBeUndefined()
  })
})

describe('HIDE_REGISTRATION', () => {
  const register = (email: string, username?: string) =>
    hidden.graphql(REGISTER, { input: { email, password: PASSWORD, username } })

  it('answers the same for a known address, whose owner gets a mail', async () => {
    const known = await required.register()
    const unknown = `${unique()}@example.com`
    const answers = [await register(known.email), await register(unknown)]
    expect(answers[0]!.text).toBe(answers[1]!.text)
    expect(answers[0]!.data).toMatchObject({ register: { user: null } })
    await mailsAreHandled(required)
    expect((await mailsTo(required, known.email)).map(({ type }) => type)).toEqual([
      'mail.registration_attempted',
      'user.registered',
    ])
    expect((await mailsTo(required, unknown)).map(({ type }) => type)).toEqual(['user.registered'])
  })

  it('shows a new account neither by a login nor by its username', async () => {
    const email = `${unique()}@example.com`
    await register(email)
    const [right, wrong] = [await login(hidden, email), await login(hidden, email, 'wrong')]
    expect(withoutRequestId(right.text)).toBe(withoutRequestId(wrong.text))
    expect((await register(`${unique()}@example.com`, unique())).errors[0]!.extensions.fields).toMatchObject([
      { path: 'username', code: 'INVALID_INPUT' },
    ])
    // Its user gets another mail, and can sign in after the code.
    await mailsAreHandled(required)
    await verify(email)
    expect((await login(hidden, email)).code).toBeUndefined()
  })

  it('does not start if a sign-in would show what the registration hides', async () => {
    const settings = { ...TEST_ENVIRONMENT, DATABASE_URL: required.database.url, HIDE_REGISTRATION: 'true' }
    await expect(startInstance(settings)).rejects.toThrow('requires REQUIRE_VERIFIED_EMAIL=true')
  })
})

describe('without mails, in production', () => {
  it('says so, rather than promising a mail that never comes', async () => {
    const urls = { DATABASE_URL: required.database.url, REDIS_URL: testRedisUrl() }
    const silent = await startInstance({ ...urls, NODE_ENV: 'production', HOST: '127.0.0.1' })
    try {
      for (const name of ['requestPasswordReset', 'resendVerificationCode'])
        expect((await silent.graphql(`mutation { ${name}(email: "ada@example.com") }`)).code).toBe('MAIL_UNAVAILABLE')
    } finally {
      await silent.stop()
    }
    const settings = { ...urls, NODE_ENV: 'production', REQUIRE_VERIFIED_EMAIL: 'true' }
    await expect(startInstance(settings)).rejects.toThrow('REQUIRE_VERIFIED_EMAIL requires SMTP_URL')
  })
})

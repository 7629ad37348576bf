// Users with an authenticator app, and the requests of a sign-in with it.
import { Secret, TOTP } from 'otpauth'
import { dataOf, post } from '../load/answers.ts'
import { requestTo } from '../load/traffic.ts'
import { PASSWORD, register, signIn } from '../stage/people.ts'
import type { Talks } from './postern.ts'

const START = 'mutation { startMfaEnrollment { secret enrollment } }'
const ENABLE = 'mutation ($input: EnableMfaInput!) { enableMfa(input: $input) { token } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken userId } }'
const VERIFY = 'mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { token refreshToken userId } }'

const STEP_MS = 30_000
const stepNow = () => Math.floor(Date.now() / STEP_MS)

interface Person {
  username: string
  app: TOTP
  /** The time step of the last code: each can be used once. */
  usedStep: number
}

const codeOf = ({ app }: Person, step: number) => app.generate({ timestamp: step * STEP_MS })

/** Returns a code that was not used. The service also takes that of the next step. */
function nextCode(person: Person): string {
  person.usedStep = Math.max(person.usedStep + 1, stepNow())
  return codeOf(person, person.usedStep)
}

const hasCode = ({ usedStep }: Person) => usedStep <= stepNow()

async function enroll(url: string, username: string): Promise<Person> {
  await register(url, username)
  const token = await signIn(url, username)
  const { startMfaEnrollment } = await post(url, JSON.stringify({ query: START }), token)
  const { secret, enrollment } = startMfaEnrollment as Record<'secret' | 'enrollment', string>
  const person = { username, app: new TOTP({ secret: Secret.fromBase32(secret) }), usedStep: stepNow() }
  const input = { enrollment, code: codeOf(person, person.usedStep) }
  await post(url, JSON.stringify({ query: ENABLE, variables: { input } }), token)
  return person
}

function challengeIn(body: string): string {
  const { errors } = JSON.parse(body) as { errors?: { extensions: { challenge?: string } }[] }
  const challenge = errors?.[0]?.extensions.challenge
  if (challenge === undefined) throw new Error(`A login answered ${body}`)
  return challenge
}

/** Logins with a password and then a code: two requests that count as one. `count` users of one build take turns. */
export function loginsWithCode(connections: number, count: number): Talks {
  const people: Person[] = []
  let next = 0

  function nextPerson(): Person {
    const person = people[next++ % count]!
    if (!hasCode(person)) throw new Error('All codes of now are used. Let more people sign in.')
    return person
  }

  return async ({ candidate: { url } }) => {
    // They stay for the next processes of the build.
    while (people.length < count) people.push(await enroll(url, `app_${people.length}`))
    const request = requestTo(url)
    const say = (query: string, input: object) => request(JSON.stringify({ query, variables: { input } }))
    return Array.from({ length: connections }, () => {
      let person: Person
      let challenge: string | null = null
      return {
        readsAll: true,
        request() {
          if (challenge !== null) return say(VERIFY, { challenge, code: nextCode(person) })
          person = nextPerson()
          return say(LOGIN, { username: person.username, password: PASSWORD })
        },
        continues: () => challenge !== null,
        read(body) {
          if (challenge === null) return void (challenge = challengeIn(body))
          challenge = null
          if (typeof dataOf(body)['verifyMfa'].token !== 'string') throw new Error(`A code was answered with ${body}`)
        },
      }
    })
  }
}

/**
 * Compares the time to verify a token with other libraries: `node bench/session/validate.ts`. Each gets every token as a
 * new string, as a request would bring it. The libraries take turns, and their medians are compared.
 */
import { randomUUID } from 'node:crypto'
import { createSessionValidator, createTokenVerifier, RevocationTable } from '@postern/session'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import jws from 'jws'
import { pair, percentile, SECRET, secretKey, signES256, signHS256, startStream } from './setup.mjs'

type Verify = (token: string) => unknown

const ROUNDS = 15
const expected = { issuer: 'postern', audience: 'postern' }
const fast = { allowedIss: 'postern', allowedAud: 'postern', requiredClaims: ['exp', 'sub', 'jti'] }
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' })
/** jws uses jwa, which @postern/session calls directly. */
const underlying = 'jws: the underlying library'

/** 10,000 active revocations, as after a busy quarter of an hour. */
const revocations = new RevocationTable(1_000_000)
for (let i = 0; i < 10_000; i++) {
  const now = Math.floor(Date.now() / 1000)
  revocations.add({ v: 1, scope: 'token', jti: randomUUID(), sub: 'u', exp: now + 3600, reason: 'logout' }, now)
}

/** Returns the microseconds per token over `repeat` runs. `known` verifies each token once before. */
async function time(verify: Verify, tokens: Buffer[], repeat: number, known: boolean): Promise<number> {
  if (known) for (const token of tokens) verify(token.toString('latin1'))
  const isAsynchronous = verify(tokens[0]!.toString('latin1')) instanceof Promise
  const start = process.hrtime.bigint()
  for (let i = 0; i < repeat; i++) {
    if (isAsynchronous) for (const token of tokens) await verify(token.toString('latin1'))
    else for (const token of tokens) verify(token.toString('latin1'))
  }
  return Number(process.hrtime.bigint() - start) / 1000 / tokens.length / repeat
}

async function compare(title: string, tokens: string[], candidates: Record<string, () => Verify>, repeat = 1) {
  const buffers = tokens.map((token) => Buffer.from(token))
  const times = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]))
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, make] of Object.entries(candidates)) {
      const spent = await time(make(), buffers, repeat, repeat > 1)
      if (round >= 0) times.get(name)!.push(spent)
    }
  }
  console.log(`\n${title}`)
  const ours = percentile([...times.values()][0]!, 50)
  for (const [name, all] of times) {
    const median = percentile(all, 50)
    console.log(`  ${name.padEnd(48)} ${median.toFixed(2).padStart(8)} µs ${(median / ours).toFixed(2).padStart(8)} ×`)
  }
}

const stream = await startStream()
const sessions = await createSessionValidator({ secret: SECRET, redis: stream.url })

const known = Array.from({ length: 1000 }, signHS256)
await compare(
  'A token verified before (HS256), 1,000 in turn',
  known,
  {
    '@postern/session, validate()': () => sessions.validate,
    'fast-jwt, cache of 10,000': () => createVerifier({ key: SECRET, algorithms: ['HS256'], cache: 10_000, ...fast }),
    jsonwebtoken: () => (token) => jwt.verify(token, secretKey, { algorithms: ['HS256'], ...expected }),
  },
  10,
)

await compare('A fresh token (HS256)', Array.from({ length: 4000 }, signHS256), {
  '@postern/session': () => createTokenVerifier({ secret: SECRET, revocations }).verify,
  [underlying]: () => (token) => jws.verify(token, 'HS256', secretKey as never) && jws.decode(token, { json: true }),
  jsonwebtoken: () => (token) => jwt.verify(token, secretKey, { algorithms: ['HS256'], ...expected }),
  'fast-jwt, no cache': () => createVerifier({ key: SECRET, algorithms: ['HS256'], ...fast }),
  'fast-jwt, cache of 10,000': () => createVerifier({ key: SECRET, algorithms: ['HS256'], cache: 10_000, ...fast }),
  jose: () => (token) => jwtVerify(token, secretKey, { algorithms: ['HS256'], ...expected }),
})

await compare('A fresh token (ES256)', Array.from({ length: 400 }, signES256), {
  '@postern/session': () => createTokenVerifier({ publicKeys: { k1: pair.publicKey }, revocations }).verify,
  [underlying]: () => (token) =>
    jws.verify(token, 'ES256', pair.publicKey as never) && jws.decode(token, { json: true }),
  jsonwebtoken: () => (token) => jwt.verify(token, pair.publicKey, { algorithms: ['ES256'], ...expected }),
  'fast-jwt, no cache': () => createVerifier({ key: pem, algorithms: ['ES256'], ...fast }),
  jose: () => (token) => jwtVerify(token, pair.publicKey, { algorithms: ['ES256'], ...expected }),
})

await sessions.close()
stream.stop()

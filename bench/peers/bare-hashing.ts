// Only hashes passwords: GET ?milliseconds=…&atOnce=…&work=verify, or work=hash, for so long, with the same parameters
// as the service that has the same environment.
import { createServer } from 'node:http'
import { hash, verify } from '@node-rs/argon2'

const password = 'correct horse battery'
const cost = {
  memoryCost: Number(process.env['ARGON2_MEMORY_KIB'] ?? 19_456),
  timeCost: Number(process.env['ARGON2_TIME_COST'] ?? 2),
  parallelism: 1,
}
const stored = await hash(password, cost)
const works: Record<string, () => Promise<unknown>> = {
  hash: () => hash(password, cost),
  verify: async () => {
    if (!(await verify(stored, password))) throw new Error('The password is wrong.')
  },
}

async function repeat(work: () => Promise<unknown>, milliseconds: number, atOnce: number) {
  const begun = performance.now()
  let requests = 0
  const one = async () => {
    while (performance.now() - begun < milliseconds) {
      await work()
      requests += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return { requests, milliseconds: performance.now() - begun }
}

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://localhost')
  const number = (name: string) => Number(searchParams.get(name) ?? 1)
  const work = works[searchParams.get('work') ?? 'verify'] ?? works['verify']!
  void repeat(work, number('milliseconds'), number('atOnce')).then((done) => response.end(JSON.stringify(done)))
})
server.listen(Number(process.env['PORT']), '127.0.0.1')

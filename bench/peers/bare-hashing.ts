// Only verifies passwords: GET ?milliseconds=…&atOnce=… returns the number of verifications per second.
import { createServer } from 'node:http'
import { hash, verify } from '@node-rs/argon2'

const password = 'correct horse battery'
/** Hashed with Postern's default parameters. */
const stored = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })

async function perSecond(milliseconds: number, atOnce: number): Promise<number> {
  const begun = performance.now()
  let done = 0
  const one = async () => {
    while (performance.now() - begun < milliseconds) {
      if (!(await verify(stored, password))) throw new Error('The password is wrong.')
      done += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return (done * 1000) / (performance.now() - begun)
}

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://localhost')
  void perSecond(Number(searchParams.get('milliseconds')), Number(searchParams.get('atOnce') ?? 1)).then((result) =>
    response.end(String(result)),
  )
})
server.listen(Number(process.env['PORT']), '127.0.0.1')

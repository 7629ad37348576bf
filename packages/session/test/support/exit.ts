import { onTestFinished } from 'vitest'
import { runSnippet } from '../../../../test/support/snippets.js'
import { SECRET } from './tokens.js'

/**
 * Starts a program with a validator, and ends it with SIGTERM when the validator is ready. Returns the milliseconds from
 * the signal to the exit, measured inside the program. `redis` is the code of the option; `beforeExit` runs before the signal.
 */
export async function millisecondsToExit(redis: string, beforeExit = () => {}): Promise<number> {
  const code = `
    import { Cluster } from 'ioredis'
    import { createSessionValidator } from '@postern/session'

    const sessions = await createSessionValidator({ secret: '${SECRET}', redis: ${redis} })
    const server = setInterval(() => {}, 1000)
    process.once('SIGTERM', () => {
      const start = performance.now()
      process.once('exit', () => console.log(performance.now() - start))
      clearInterval(server)
      void sessions.close()
    })
    console.log(sessions.status().ready ? 'ready' : 'not ready')`
  const program = runSnippet({ heading: 'exit', language: 'js', code })
  onTestFinished(async () => {
    await program.terminate()
  })
  await program.until('the validator is ready', async () => program.output().startsWith('ready'))
  beforeExit()
  const { code: status, stdout, stderr } = await program.terminate()
  if (status !== 0) throw new Error(`The program ended with ${status}: ${stderr}`)
  return Number(stdout.split('\n')[1])
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { serializeError } from '@postern/service/logger'

class DriverError extends Error {
  readonly code = 'ER_DUP_ENTRY'
  readonly sql = "INSERT INTO users VALUES ('ada@example.com')"
}

describe('an error in the log', () => {
  it('has its name, code and frames, and those of its cause', () => {
    const logged = serializeError(new Error('outer', { cause: new DriverError('inner') }))
    expect(logged).toMatchObject({ type: 'Error', message: 'outer', cause: { code: 'ER_DUP_ENTRY', message: 'inner' } })
    expect(logged.stack).toMatch(/^\s+at /)
  })

  it('has no statement and no value that the driver attaches or quotes', () => {
    const logged = serializeError(new DriverError(`Duplicate entry 'ada@example.com' for key "users_email_key"`))
    expect(JSON.stringify(logged)).not.toMatch(/ada@example|INSERT/)
    expect(logged.message).toBe("Duplicate entry '…' for key '…'")
  })

  it('has only the reason if Prisma refuses a query', () => {
    const error = new Error('Invalid invocation:\n{ passwordHash: "$argon2id$secret" }\n\nUnknown argument `disabled`.')
    error.name = 'PrismaClientValidationError'
    expect(serializeError(error).message).toBe('Unknown argument `disabled`.')
    expect(JSON.stringify(serializeError(error))).not.toContain('argon2id')
  })

  it('can be something other than an Error', () => {
    expect(serializeError('just a string')).toEqual({
      type: 'string',
      message: 'a value that is not an Error was thrown',
    })
  })
})

it('a log whose reader has gone does not keep the process alive', async () => {
  const logger = fileURLToPath(new URL('../dist/logger.js', import.meta.url))
  const program = `import { createLogger } from ${JSON.stringify(logger)}
    const log = createLogger('info')
    log.info('first')
    process.stdin.once('data', () => { log.info('second'); log.info('third'); process.exit(0) })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const exited = once(child, 'exit')
  child.stdout.destroy()
  child.stdin.write('go on')
  expect(await exited).toEqual([0, null])
})

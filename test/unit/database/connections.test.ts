import { expect, it, vi } from 'vitest'
import { createWithConnection } from '@postern/service/database/connections'
import type { Pool } from '@postern/service/database/mysql'

it('a response that is awaited when the time is over is late at once, without a warning of Node.js', async () => {
  const connection = { release: vi.fn(), destroy: vi.fn() }
  const pool = { getConnection: () => Promise.resolve(connection) } as unknown as Pool
  const timeout = 0.01
  const warned = vi.spyOn(process, 'emitWarning')
  const working = createWithConnection(pool, { timeout })(async (_, bounded) => {
    const end = performance.now() + 2 * timeout * 1000
    while (performance.now() < end);
    await bounded(new Promise(() => undefined))
  })
  await expect(working).rejects.toThrow('ETIMEDOUT')
  expect(warned).not.toHaveBeenCalled()
  expect(connection.destroy).toHaveBeenCalledOnce()
  warned.mockRestore()
})

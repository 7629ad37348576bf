import { expect, it } from 'vitest'
import { onDemand } from '../src/on-demand.js'

it('loads once, when it is first needed', async () => {
  let loads = 0
  const { get, begun } = onDemand(() => Promise.resolve((loads += 1)))
  expect([loads, begun()]).toEqual([0, null])
  expect(await Promise.all([get(), get()])).toEqual([1, 1])
  expect([await get(), await begun()]).toEqual([1, 1])
})

it('tries again after a failure', async () => {
  let loads = 0
  const { get, begun } = onDemand(async () => {
    loads += 1
    if (loads === 1) throw new Error('The file is being replaced.')
    return loads
  })
  await expect(Promise.all([get(), get()])).rejects.toThrow('replaced')
  expect(begun()).toBeNull()
  expect(await get()).toBe(2)
})

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { atEndOfTurn, perTurn } from '@postern/service/end-of-turn'

describe('work at the end of a turn', () => {
  it('is done once for everything that the turn has brought', async () => {
    const handled: (readonly string[])[] = []
    const add = perTurn<string>((items) => handled.push(items))
    add('one')
    await Promise.resolve()
    add('two')
    expect(handled).toEqual([])
    await nextTurn()
    add('three')
    await nextTurn()
    expect(handled).toEqual([['one', 'two'], ['three']])
  })

  it('includes what other such work adds', async () => {
    const lines: string[] = []
    const log = perTurn<string>((all) => lines.push(all.join()))
    const respond = perTurn<string>((all) => all.forEach(log))
    respond('a')
    respond('b')
    await nextTurn()
    expect(lines).toEqual(['a,b'])
  })

  it('is done even if other work throws', async () => {
    const done: string[] = []
    const thrown = new Promise((resolve) => process.prependOnceListener('uncaughtException', resolve))
    const listeners = process.listeners('uncaughtException').slice(1)
    for (const listener of listeners) process.off('uncaughtException', listener)
    atEndOfTurn(() => {
      throw new Error('a fault')
    })
    atEndOfTurn(() => done.push('other'))
    expect(await thrown).toMatchObject({ message: 'a fault' })
    for (const listener of listeners) process.on('uncaughtException', listener)
    await nextTurn()
    atEndOfTurn(() => done.push('later'))
    await nextTurn()
    expect(done).toEqual(['other', 'later'])
  })
})

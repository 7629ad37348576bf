import { expect, it, onTestFinished } from 'vitest'
import { millisecondsToExit } from './support/exit.js'
import { eachWithAStream } from './support/stream.js'

const stream = eachWithAStream()

it('a program ends within 500 ms after close()', async () => {
  expect(await millisecondsToExit(`'${stream.server.url}'`)).toBeLessThan(500)
})

it('a program ends within 500 ms after close() although Redis does not respond', async () => {
  onTestFinished(() => stream.server.thaw())
  expect(await millisecondsToExit(`'${stream.server.url}'`, () => stream.server.freeze())).toBeLessThan(500)
})

import { expect, it } from 'vitest'
import { createProgressLine } from '../../../src/processes/commands/import/progress.js'

function start(isTerminal: boolean) {
  const state = { text: '', now: 0 }
  const line = createProgressLine({
    write: (text) => (state.text += text),
    isTerminal,
    monotonic: () => state.now,
  })
  const at = (now: number, imported: number, refused = 0) => {
    state.now = now
    line.show({ line: imported + refused + 1, imported, skipped: 0, refused })
  }
  return { line, state, at }
}

it('an import shows its progress on one line of a terminal, which the lines that it refuses do not break', () => {
  const { line, state, at } = start(true)
  at(100, 1000)
  expect(state.text).toBe('')
  at(200, 2000)
  at(300, 3000)
  line.print('line 3001: email: is missing')
  at(400, 4000, 1)
  line.clear()
  const clear = '\r\u001b[K'
  expect(state.text).toBe(
    `line 2,001: 2,000 imported${clear}line 3001: email: is missing\nline 4,002: 4,000 imported, 1 refused${clear}`,
  )
})

it('elsewhere it is a line every ten seconds', () => {
  const { line, state, at } = start(false)
  for (let second = 1; second <= 25; second++) at(second * 1000, second * 1000)
  line.clear()
  expect(state.text).toBe('line 10,001: 10,000 imported\nline 20,001: 20,000 imported\n')
})

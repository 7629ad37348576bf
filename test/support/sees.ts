import type { Locator } from 'playwright-core'
import { until } from './wait.js'

/** Waits until the text of an element matches. */
export async function sees(locator: Locator, text: string | RegExp): Promise<void> {
  const matches = (shown: string) => (typeof text === 'string' ? shown.includes(text) : text.test(shown))
  let shown: string | null = null
  await until(`to read ${text}`, async () => {
    shown = await locator.textContent({ timeout: 1000 }).catch(() => null)
    return shown !== null && matches(shown)
  }).catch((error: unknown) => {
    throw new Error(`The element shows ${shown ?? 'nothing'}`, { cause: error })
  })
}

// Reads code out of documents, so that tests run what people copy.
import { readFileSync } from 'node:fs'

/** The code of the service worker in a document: the block whose first line names the file. */
export function serviceWorkerOf(document: string): string {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  const found = blocks.find((code) => code.startsWith('// service-worker.js'))
  if (found === undefined) throw new Error(`${document} has no service worker`)
  return found
}

import { createElement, Fragment, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from '../../src/index.js'
import { useSession } from '../../src/react.js'

const { document, location } = globalThis as unknown as {
  document: { body: Parameters<typeof createRoot>[0] }
  location: { search: string }
}
const client = createClient({ url: '/graphql', cookies: location.search !== '?memory' })

/** The rendered states, without repetitions in a row. */
const rendered: string[] = []

/** The state in one line, such as `signed-out expired`. */
function Line() {
  const session = useSession(client)
  const detail =
    session.status === 'signed-in'
      ? `${session.user.email} ${session.user.firstName}`
      : session.status === 'signed-out'
        ? session.reason
        : session.status === 'error'
          ? session.error.code
          : ''
  const line = `${session.status} ${detail}`.trim()
  if (rendered.at(-1) !== line) rendered.push(line)
  return createElement('output', null, line)
}

const root = createRoot(document.body)
// For the tests.
Object.assign(globalThis, { client, rendered, unmount: () => root.unmount() })
root.render(createElement(StrictMode, null, createElement(Fragment, null, createElement(Line), createElement(Line))))

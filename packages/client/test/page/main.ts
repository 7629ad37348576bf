import { createElement, Fragment, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient, type SignOutReason } from '../../src/index.js'
import { useUsername } from '../../src/react.js'

const { document, location } = globalThis as unknown as {
  document: { body: Parameters<typeof createRoot>[0] }
  location: { search: string }
}
/** The initial text of the field. */
const initial = location.search.slice(1)
const client = createClient({ url: '/graphql', cookies: true })
const signOuts: SignOutReason[] = []
client.onSignOut((reason) => signOuts.push(reason))

/** Each pair of text and state that was rendered. */
const rendered: string[] = []

function Field() {
  const { username, inputProps, state, retry } = useUsername(client, { debounce: 20, suggestions: 0, initial })
  rendered.push(`${username} ${'username' in state ? state.username : ''} ${state.status}`)
  return createElement(
    Fragment,
    null,
    createElement('input', inputProps),
    createElement('output', null, state.status),
    createElement('button', { onClick: retry }, 'Again'),
  )
}

const root = createRoot(document.body)
// For the tests.
Object.assign(globalThis, { createClient, client, signOuts, rendered, unmount: () => root.unmount() })
root.render(createElement(StrictMode, null, createElement(Field)))

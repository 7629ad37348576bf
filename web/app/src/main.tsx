// Starts the pages.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
// First: it takes the code out of the address bar.
import './state/mail-link.js'
import { App } from './App.js'
import { otherPages, signedInPages } from './pages/on-demand.js'
import { session } from './service.js'
import './styles/tokens.css'
import './styles/base.css'
import './styles/fields.css'
import './styles/buttons.css'
import './styles/notices.css'
import './styles/entry.css'
import './styles/account.css'
import './styles/mfa.css'
import './styles/skeleton.css'

const container = document.getElementById('pages')
if (!container) throw new Error('index.html has no #pages')

session.loadPagesWith(signedInPages.load)
// Most who open the account are signed in, so its page need not wait for the answer.
const { pathname } = window.location
if (pathname === '/account') session.prepare()
else if (pathname !== '/sign-in') void otherPages.load()
void session.ask()

/** After an error while rendering, React removes everything. A blank page would not say what to do. */
function apologize(error: unknown): void {
  reportError(error)
  const sentence = document.createElement('p')
  sentence.setAttribute('role', 'alert')
  sentence.textContent = 'Something went wrong on this page. Reload it to continue.'
  const main = document.createElement('main')
  main.className = 'apology'
  main.append(sentence)
  queueMicrotask(() => container?.replaceChildren(main))
}

createRoot(container, { onUncaughtError: apologize }).render(
  <StrictMode>
    <App />
  </StrictMode>,
)

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.js'
import { session } from './service.js'
import './styles/tokens.css'
import './styles/base.css'
import './styles/fields.css'
import './styles/buttons.css'
import './styles/notices.css'
import './styles/entry.css'
import './styles/account.css'

const container = document.getElementById('pages')
if (!container) throw new Error('index.html has lost its #pages')

void session.ask()

/** React takes everything away after a defect in a rendering; a blank page would tell nobody what to do. */
function apologise(error: unknown): void {
  reportError(error)
  const sentence = document.createElement('p')
  sentence.setAttribute('role', 'alert')
  sentence.textContent = 'Something went wrong on this page. Reload it to go on.'
  const main = document.createElement('main')
  main.className = 'waiting'
  main.append(sentence)
  queueMicrotask(() => container?.replaceChildren(main))
}

createRoot(container, { onUncaughtError: apologise }).render(
  <StrictMode>
    <App />
  </StrictMode>,
)

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
createRoot(container).render(
  <StrictMode>
    <App />
  </StrictMode>,
)

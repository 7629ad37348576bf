import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import { GraphiQL, type GraphiQLProps } from 'graphiql'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { defaultHeaders, exampleQuery, exampleVariables } from './example.js'
import { forgetfulStorage } from './storage.js'

const endpoint = document.documentElement.dataset['endpoint'] ?? '/graphql'

const fetcher: GraphiQLProps['fetcher'] = async (params, options) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...options?.headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(params),
  })
  return response.json()
}

createRoot(document.getElementById('playground')!).render(
  createElement(GraphiQL, {
    fetcher,
    initialQuery: exampleQuery,
    initialVariables: exampleVariables,
    defaultQuery: '',
    defaultHeaders,
    defaultEditorToolsVisibility: 'variables',
    shouldPersistHeaders: false,
    storage: forgetfulStorage(window.localStorage),
  }),
)

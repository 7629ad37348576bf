// Starts GraphiQL with the example operations.
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import { GraphiQL, type GraphiQLProps } from 'graphiql'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { defaultHeaders, exampleQuery, exampleVariables } from './example.js'
import { forgetfulStorage } from './storage.js'

const endpoint = document.documentElement.dataset['endpoint'] ?? '/graphql'

type FetcherResult = Awaited<ReturnType<GraphiQLProps['fetcher']>>

const fetcher: GraphiQLProps['fetcher'] = async (params, options) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...options?.headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(params),
  })
  return (await response.json()) as FetcherResult
}

const container = document.getElementById('playground')
if (!container) throw new Error('index.html has no #playground')

createRoot(container).render(
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

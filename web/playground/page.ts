// Starts GraphiQL with the example operations.
import { defaultHeaders, exampleQuery, exampleVariables } from './example.js'
import { type GraphiQLProps, renderGraphiQL } from './graphiql.js'
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

const container = document.getElementById('playground')
if (!container) throw new Error('index.html has no #playground')

await renderGraphiQL(container, {
  title: 'Postern',
  logo: '<span></span>',
  fetcher,
  initialQuery: exampleQuery,
  initialVariables: exampleVariables,
  defaultQuery: '',
  defaultHeaders,
  defaultEditorToolsVisibility: 'variables',
  shouldPersistHeaders: false,
  plugins: [],
  storage: forgetfulStorage(window.localStorage),
  // In place of the package's own, which writes what is typed into the address of the page.
  onEditQuery: () => {},
})

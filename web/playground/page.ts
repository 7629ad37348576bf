// Starts GraphiQL with the example operations.
import { defaultHeaders, exampleQuery, exampleVariables } from './example.js'
import { type GraphiQLProps, type Operation, renderGraphiQL } from './graphiql.js'
import { forgetfulStorage } from './storage.js'
import { isSubscription, subscribe } from './subscribe.js'

const endpoint = document.documentElement.dataset['endpoint'] ?? '/graphql'

async function request(operation: Operation, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(operation),
  })
  return response.json()
}

const fetcher: GraphiQLProps['fetcher'] = (operation, { headers = {}, documentAST } = {}) =>
  isSubscription(operation, documentAST) ? subscribe(endpoint, operation, headers) : request(operation, headers)

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

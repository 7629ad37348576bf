// GraphiQL as its package has it: built, a script that defines one global, with styles and the workers of its editor.

/** The addresses of its files, from tools/build/playground.mjs. */
declare const GRAPHIQL: {
  script: string
  styles: string
  editorWorkerService: string
  graphqlWorker: string
  jsonWorker: string
}

/** What a person has started. */
export interface Operation {
  query: string
  operationName?: string | null
  variables?: unknown
}

interface FetcherOptions {
  headers?: Record<string, string>
  /** As graphql-js parses it. */
  documentAST?: { definitions: readonly { kind: string; operation?: string; name?: { value: string } }[] }
}

/** A subscription has many results. */
type Fetcher = (operation: Operation, options?: FetcherOptions) => Promise<unknown> | AsyncIterable<unknown>

/** The props of GraphiQL that the playground sets. https://github.com/graphql/graphiql has the others. */
export interface GraphiQLProps {
  title: string
  logo: string
  fetcher: Fetcher
  initialQuery: string
  initialVariables: string
  defaultQuery: string
  defaultHeaders: string
  defaultEditorToolsVisibility: 'variables' | 'headers'
  shouldPersistHeaders: boolean
  plugins: readonly []
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear' | 'length'>
  onEditQuery: (query: string) => void
}

declare global {
  var MonacoEnvironment: { globalAPI: boolean; getWorkerUrl: (module: string, label: string) => string } | undefined
  var YogaGraphiQL: { renderYogaGraphiQL: (element: Element, props: GraphiQLProps) => void }
}

const workers: Record<string, string> = { graphql: GRAPHIQL.graphqlWorker, json: GRAPHIQL.jsonWorker }

export async function renderGraphiQL(element: Element, props: GraphiQLProps): Promise<void> {
  const styles = document.createElement('link')
  styles.rel = 'stylesheet'
  styles.href = GRAPHIQL.styles
  document.head.append(styles)
  const getWorkerUrl = (_: string, label: string) => workers[label] ?? GRAPHIQL.editorWorkerService
  globalThis.MonacoEnvironment = { globalAPI: false, getWorkerUrl }
  await import(/* @vite-ignore */ GRAPHIQL.script)
  YogaGraphiQL.renderYogaGraphiQL(element, props)
}

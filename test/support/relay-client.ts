import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildClientSchema, getIntrospectionQuery, printSchema, type IntrospectionQuery } from 'graphql'
import type { Client } from './client.js'
import { root, run } from './packed.js'

/** The data of a fragment, and what refers to one. */
type Data = Record<string, any>

interface UserList {
  users(): Data[]
  references(): Data[]
  hasNext(): boolean
  hasPrevious(): boolean
  loadNext(count: number): Promise<unknown>
  loadPrevious(count: number): Promise<unknown>
}

/** What test/fixtures/relay/client.js returns. */
export interface RelayClient {
  sent: string[]
  read(fragment: object, reference: Data): Data
  sessions(): Promise<Data[]>
  nodes(ids: string[]): Promise<(Data | null)[]>
  refetch(fragment: object, reference: Data): Promise<Data | null>
  list(variables: { role?: string; first?: number; last?: number }): Promise<UserList>
  mutate(mutation: 'rename' | 'register', input: object): Promise<Data>
}

interface RelayProgram {
  createRelayClient(url: string, token?: string): RelayClient
  fragments: { node: object; session: object; user: object }
}

/** Installs test/fixtures/relay in a folder of its own, and compiles it against the schema that the service publishes. */
export async function buildRelayClient(service: Client) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-relay-'))
  cpSync(join(root, 'test/fixtures/relay'), folder, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|__generated__|schema\.graphql)$/.test(path),
  })
  mkdirSync(join(folder, '__generated__'))
  const schema = (await service.succeed(getIntrospectionQuery())) as unknown as IntrospectionQuery
  writeFileSync(join(folder, 'schema.graphql'), printSchema(buildClientSchema(schema)))
  await run('npm', ['ci', '--prefer-offline', '--include=dev'], { cwd: folder })
  await run('npm', ['run', 'compile'], { cwd: folder })
  const program = (await import(
    /* @vite-ignore */ pathToFileURL(join(folder, 'client.js')).href
  )) as unknown as RelayProgram
  return { ...program, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

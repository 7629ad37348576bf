// npm run servers: a MariaDB and a Redis for tests, which stay up between runs of npm test -- <file>.
import { join } from 'node:path'
import { Failure } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { say } from '../tools/launch/progress.mjs'
import { areOffered, offerServers } from '../tools/launch/lasting-servers.mjs'
import { startTestServers } from '../tools/launch/test-environment.mjs'
import { makeWorkspace } from '../tools/launch/workspace.mjs'

const RUNNING = 'npm run servers is already running in this checkout.'

async function servers() {
  if (areOffered()) throw new Failure(RUNNING)
  const folder = await makeWorkspace()
  const { urls, death } = await startTestServers(folder)
  if (!offerServers(urls)) throw new Failure(RUNNING)
  say(`
  The servers are up. In another terminal:  npm test -- <file>
  Ctrl-C stops them and deletes their data. Logs: ${join(folder, '{mariadb,redis}')}
`)
  await death
}

await main(servers, { onSignal: () => 0 })

// npm run build: installs and builds what has changed. Needs no servers.
// npm run build -- <step> …: builds only these steps and what they need. npm run build -- --omit=types: only what running
// the service needs, for which it needs no devDependencies.
import { installAndBuild } from '../tools/launch/development.mjs'
import { main } from '../tools/launch/main.mjs'

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const purpose = process.argv.includes('--omit=types') ? 'running' : 'everything'

await main(() => installAndBuild(purpose, { names, beside: true }))

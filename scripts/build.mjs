// npm run build: builds what has changed. Needs installed dependencies, but no servers.
// npm run build -- <step> …: only these steps and what they need. npm run build -- --omit=types: only what running the
// service needs, which works without devDependencies.
import { build } from '../tools/launch/build.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const purpose = process.argv.includes('--omit=types') ? 'running' : 'everything'

await main(() => step('build', (note) => build(note, purpose, names)))

// npm run build: everything in dist/, from what has changed. Needs installed dependencies, no servers.
import { build } from './launch/build.mjs'
import { main } from './launch/main.mjs'
import { step } from './launch/progress.mjs'

await main(() => step('build', build))

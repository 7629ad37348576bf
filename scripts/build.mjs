// npm run build: everything in dist/, from what has changed. Needs installed dependencies, no servers.
import { build } from '../tools/launch/build.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'

await main(() => step('build', build))

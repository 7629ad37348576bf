// npm run build: builds what has changed into dist/. Needs installed dependencies, but no servers.
import { build } from '../tools/launch/build.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'

await main(() => step('build', build))

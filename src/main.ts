// The service: node dist/main.js. Static imports of more would be loaded before the version of Node.js is checked.
import { requireNode } from '@postern/service/node-version'
import { nodeOptions } from './config/node-options.js'
import { limitYoungGeneration } from './platform/memory.js'

requireNode()
limitYoungGeneration(nodeOptions())
await import('./processes/main.js')

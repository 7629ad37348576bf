// The service: node dist/main.js. Static imports would be loaded before the version of Node.js is checked.
import { requireNode } from './platform/node-version.js'

requireNode()
await import('./processes/main.js')

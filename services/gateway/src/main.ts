// The gateway as a program: node services/gateway/dist/main.js.
import { requireNode } from '@postern/service/node-version'

requireNode()
await import('./run.js')

// The notification service as a program: node services/notification/dist/main.js.
import { requireNode } from '@postern/service/node-version'

requireNode()
await import('./run.js')

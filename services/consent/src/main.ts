// The consent service as a program: node services/consent/dist/main.js.
import { requireNode } from '@postern/service/node-version'

requireNode()
await import('./run.js')

// The commands of an operator: node services/notification/dist/cli.js migrate, dlq list.
import { requireNode } from '@postern/service/node-version'

requireNode()
await import('./commands.js')

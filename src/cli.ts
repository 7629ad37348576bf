#!/usr/bin/env node
// The commands of an operator: node dist/cli.js. Static imports would be loaded before the version of Node.js is checked.
import { requireNode } from '@postern/service/node-version'

requireNode()
await import('./processes/cli.js')

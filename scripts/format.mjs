// npm run format: formats everything, and writes the files that are copies of others.
import { spawnSync } from 'node:child_process'
import { writePrometheusRule } from '../tools/deployment/prometheus-rule.mjs'
import { inRoot, root } from '../tools/launch/paths.mjs'
import { formatProtobuf } from '../tools/launch/protobuf.mjs'

const prettier = [inRoot('node_modules/prettier/bin/prettier.cjs'), '--write', '.']
process.exitCode = spawnSync(process.execPath, prettier, { cwd: root, stdio: 'inherit' }).status ?? 1
writePrometheusRule()
await formatProtobuf()

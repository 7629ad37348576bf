// gRPC and the gateway: two calls beside bare handlers, and what the gateway costs.
import { Failure } from '../../tools/launch/lifetime.mjs'
import { measureChecks, measureValidations } from '../grpc/calls.ts'
import { measureLatency } from '../grpc/latency.ts'
import { measureMemory } from '../grpc/memory.ts'
import { measureProxy } from '../grpc/proxy.ts'
import type { Part } from '../report/results.ts'
import type { Measure, Setting } from './part.ts'

/** By the name that --only takes. */
const figures: Record<string, (setting: Setting) => Promise<Part[]>> = {
  validate: async (setting) => [await measureValidations(setting)],
  check: async (setting) => [await measureChecks(setting)],
  latency: async (setting) => [await measureLatency(setting)],
  proxy: measureProxy,
  'gateway-memory': async (setting) => [await measureMemory(setting)],
}

export const grpc: Measure = async (setting) => {
  const { only, note } = setting
  const unknown = only.filter((name) => !(name in figures))
  if (unknown.length > 0)
    throw new Failure(`Unknown: --only ${unknown.join(', ')}. Available: ${Object.keys(figures).join(', ')}.`)
  const parts: Part[] = []
  for (const [name, measure] of Object.entries(figures)) {
    if (only.length > 0 && !only.includes(name)) continue
    parts.push(...(await measure({ ...setting, note: (text) => note(`${name}: ${text}`) })))
  }
  return { targets: parts.flatMap(({ targets }) => targets), tables: parts.flatMap(({ tables }) => tables) }
}

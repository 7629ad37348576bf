// The results of all parts, kept in results.json so that parts can be measured one at a time.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writeFormatted } from './files.ts'

const file = fileURLToPath(new URL('../results.json', import.meta.url))

export interface Table {
  title: string
  /** The first column is text, the others are figures. */
  columns: string[]
  rows: string[][]
  /** How to read this table. */
  notes?: string[]
}

export interface Target {
  what: string
  goal: string
  measured: string
  /** The lowest and the highest value within one round. Empty without rounds. */
  spread: string
  /** Null if the figure is only reported. */
  reached: boolean | null
}

export interface Bar {
  name: string
  value: number
  /** Quartiles. */
  low: number
  high: number
}

/** Of the ratios of pairs of slices. */
export interface Quartiles {
  value: number
  low: number
  high: number
}

/** CPU times are in microseconds per request. */
interface Costs {
  perSecond: number
  cpu: number
  mariadb: number
}

/** An operation beside the one that the users of a peer would call. */
export interface Peered {
  name: string
  ours: Costs
  theirs: Costs
  /** More than 1: Postern serves more requests, and needs less CPU time. */
  rate: Quartiles
  cpu: number
}

export interface Part {
  /** For the table of all operations. */
  peers?: Peered[]
  targets: Target[]
  tables: Table[]
  chart?: Bar[]
}

export interface Circumstances {
  /** The date. */
  measured: string
  processor: string
  cores: number
  /** The load average before and after the measurement. */
  loadBefore: number
  loadAfter: number
  /** Only of parts that measure in rounds. */
  rounds?: number
  secondsEach?: number
  versions: Record<string, string>
}

export type Results = Record<string, Part & { circumstances: Circumstances }>

export const readResults = (): Results => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {})

export const writeResults = (results: Results): Promise<void> => writeFormatted(file, JSON.stringify(results))

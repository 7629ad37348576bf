// Which processes run where.
import { cpus } from 'node:os'

/** The core of the server under test. Everything else, including this program, runs on the other cores. */
export const SERVER_CORE = '0'
export const OTHER_CORES = `${Number(SERVER_CORE) + 1}-${cpus().length - 1}`

// Starts the notification service, and stops it in order on a signal.
import { runProgram } from '@postern/service/run'
import { readConfig } from './config/index.js'
import { program } from './program.js'

await runProgram(program, readConfig)

// Loaded before a command of package.json, by `node --import`: sets the variables of .env, then those that the last
// `npm start` wrote to .postern/env. Variables that are set already are unchanged.
import { addToEnvironment, readDotEnv, readEnvFile } from './dotenv.mjs'
import { savedSettings } from './secrets.mjs'

addToEnvironment(readDotEnv())
addToEnvironment(readEnvFile(savedSettings))

// Loaded before a command of package.json, by `node --import`: gives it the variables of .env, and where that has none,
// those that the last `npm start` wrote to .postern/env.
import { addToEnvironment, readDotEnv, readEnvFile } from './dotenv.mjs'
import { savedSettings } from './secrets.mjs'

addToEnvironment(readDotEnv())
addToEnvironment(readEnvFile(savedSettings))

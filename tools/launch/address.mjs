import { Failure } from './lifetime.mjs'
import { portProblem } from './ports.mjs'

const port = () => process.env['PORT'] || '8080'
const host = () => process.env['HOST'] || '127.0.0.1'

/** Where people find the service, and where this machine certainly does. */
export function address() {
  if (!/^\d{1,5}$/.test(port()) || Number(port()) < 1 || Number(port()) > 65_535) {
    throw new Failure(`PORT must be a number from 1 to 65535, and is "${port()}".`)
  }
  const everywhere = ['0.0.0.0', '::', '127.0.0.1', 'localhost'].includes(host())
  const literal = host().includes(':') ? `[${host()}]` : host()
  return {
    shown: `http://${everywhere ? 'localhost' : literal}:${port()}`,
    local: `http://${everywhere ? '127.0.0.1' : literal}:${port()}`,
  }
}

/** Before all slow work. Where we say localhost, a browser may try ::1 first, so that has to be free as well. */
export async function refuseTakenPort() {
  const hosts = host() === '127.0.0.1' ? ['127.0.0.1', '::1'] : [host()]
  for (const each of hosts) {
    const problem = await portProblem(Number(port()), each)
    if (problem === 'EADDRINUSE') {
      throw new Failure(`Port ${port()} is taken by another program. Choose another one:\n\n    PORT=8081 npm start`)
    }
    if (problem === 'EACCES')
      throw new Failure(`Port ${port()} is not open to this user. Choose one above 1023: PORT=8081 npm start`)
    if (problem && each !== '::1') throw new Failure(`HOST ${each} cannot be listened on (${problem}).`)
  }
}

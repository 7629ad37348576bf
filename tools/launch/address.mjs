// The address of the service, and whether its port is free.
import { Failure } from './lifetime.mjs'
import { portProblem } from './ports.mjs'

const port = () => process.env['PORT'] || '8080'
const host = () => process.env['HOST'] || '127.0.0.1'

/** `shown` is for people, `local` reaches the service from this machine in any case. */
export function address() {
  if (!/^\d{1,5}$/.test(port()) || Number(port()) < 1 || Number(port()) > 65_535) {
    throw new Failure(`PORT must be a number from 1 to 65535. It is "${port()}".`)
  }
  const everywhere = ['0.0.0.0', '::', '127.0.0.1', 'localhost'].includes(host())
  const literal = host().includes(':') ? `[${host()}]` : host()
  return {
    shown: `http://${everywhere ? 'localhost' : literal}:${port()}`,
    local: `http://${everywhere ? '127.0.0.1' : literal}:${port()}`,
  }
}

/** Call it before any slow work. A browser may try ::1 first for localhost, so that has to be free as well. */
export async function refuseTakenPort() {
  const hosts = host() === '127.0.0.1' ? ['127.0.0.1', '::1'] : [host()]
  for (const each of hosts) {
    const problem = await portProblem(Number(port()), each)
    if (problem === 'EADDRINUSE') {
      throw new Failure(`Port ${port()} is taken by another program. Choose another port:\n\n    PORT=8081 npm start`)
    }
    if (problem === 'EACCES')
      throw new Failure(`Port ${port()} is not open to this user. Choose a port above 1023: PORT=8081 npm start`)
    if (problem && each !== '::1') throw new Failure(`The service cannot listen on HOST ${each} (${problem}).`)
  }
}

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type CaptchaProvider = Awaited<ReturnType<typeof startCaptchaProvider>>

/** What Turnstile's and hCaptcha's scripts do: a button stands for the puzzle. `render` in a frame is left out. */
const SCRIPT = `
  let widgets = 0
  window.turnstile = {
    render(container, { sitekey, callback }) {
      const id = 'widget-' + ++widgets
      const button = document.createElement('button')
      button.id = id
      button.type = 'button'
      button.textContent = 'I am human'
      button.onclick = async () => {
        const response = await fetch(new URL('/solve?sitekey=' + sitekey, ORIGIN))
        callback(await response.text())
        button.textContent = 'Solved'
      }
      container.append(button)
      return id
    },
    reset() {},
    remove: (id) => document.getElementById(id)?.remove(),
  }`

/** A provider of captchas, with the protocol of siteverify. Each token works once. */
export async function startCaptchaProvider() {
  const SECRET = 'the-secret-of-the-provider'
  const tokens = new Set<string>()
  const calls: { body: string; headers: NodeJS.Dict<string | string[]> }[] = []
  let issued = 0
  let mode: 'up' | 'hanging' | 'broken' | 'endless' | 'redirecting' | 'undecided' = 'up'

  function solve(): string {
    const token = `solved-${++issued}`
    tokens.add(token)
    return token
  }

  function answer(body: string): object {
    const parameters = new URLSearchParams(body)
    if (parameters.get('secret') !== SECRET) return { success: false, 'error-codes': ['invalid-input-secret'] }
    if (mode === 'undecided') return { success: false, 'error-codes': ['internal-error'] }
    return tokens.delete(parameters.get('response') ?? '')
      ? { success: true, hostname: 'App.example.com', 'error-codes': [] }
      : { success: false, 'error-codes': ['timeout-or-duplicate'] }
  }

  function verify(body: string, response: ServerResponse): void {
    if (mode === 'hanging') return
    if (mode === 'broken') return void response.writeHead(502).end('<html>')
    if (mode === 'redirecting') return void response.writeHead(307, { location: '/elsewhere' }).end()
    if (mode === 'endless') return void response.end(`{"success":true,"padding":"${'x'.repeat(1_000_000)}"}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(body)))
  }

  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host ?? ''}`
    if (request.url?.startsWith('/solve')) return void response.writeHead(200, CORS).end(solve())
    if (request.url === '/api.js')
      return void response
        .writeHead(200, { 'content-type': 'text/javascript', ...CORS })
        .end(SCRIPT.replace('ORIGIN', JSON.stringify(origin)))
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      calls.push({ body, headers: request.headers })
      verify(body, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    calls,
    solve,
    become: (next: typeof mode) => (mode = next),
    /** The variables of a service that uses it. */
    env: {
      CAPTCHA_URL: `${url}/siteverify`,
      CAPTCHA_SECRET: SECRET,
      CAPTCHA_SITE_KEY: 'site-key',
      CAPTCHA_SCRIPT_URL: `${url}/api.js`,
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const CORS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { PATIENCE_MS } from './wait.js'

export interface ObservedPage {
  readonly page: Page
  /** Every address that the page, its workers and its styles requested. */
  readonly requested: readonly string[]
  /** Console errors, uncaught exceptions and violations of the content security policy. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens an empty page in a Chromium with its own profile, which is removed afterwards. */
export async function openPage(): Promise<ObservedPage> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error(`No Chromium at ${executablePath}: set CHROMIUM_PATH`)
  const directory = mkdtempSync(join(tmpdir(), 'postern-chromium-'))
  const context = await chromium.launchPersistentContext(join(directory, 'profile'), {
    executablePath,
    viewport: { width: 1280, height: 800 },
    env: { ...process.env, TMPDIR: directory },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const requested: string[] = []
  const complaints: string[] = []
  context.on('request', (request) => requested.push(request.url()))
  context.on('weberror', (error) => complaints.push(error.error().message))
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await context.exposeFunction('complain', (text: string) => complaints.push(text))
  await context.addInitScript(`
    addEventListener('securitypolicyviolation', (event) => complain(event.violatedDirective + ' ' + event.blockedURI))
  `)
  return {
    page: await context.newPage(),
    requested,
    complaints,
    async close() {
      await context.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

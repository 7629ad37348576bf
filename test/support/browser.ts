import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { PATIENCE_MS } from './wait.js'

export interface ObservedPage {
  readonly page: Page
  /** Every address that the page, its workers and its styles requested. */
  readonly requested: readonly string[]
  /** Console errors, uncaught exceptions and violations of the content security policy. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Those of this process, which end with it: starting one takes seconds. */
const running = new Map<string, Promise<Browser>>()

async function startChromium(key: string, flags: string[]): Promise<Browser> {
  const executablePath = process.env['HEADLESS_CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error(`No Chromium at ${executablePath}: set CHROMIUM_PATH`)
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  })
  browser.on('disconnected', () => running.delete(key))
  return browser
}

/** A second process costs as much as loading a page, and compiles the scripts again. */
const ONE_PROCESS = ['--renderer-process-limit=1']

/** With these flags. */
function browserWith(flags: string[]): Promise<Browser> {
  const key = flags.join(' ')
  const browser = running.get(key) ?? startChromium(key, flags)
  running.set(key, browser)
  return browser
}

/**
 * Opens an empty page in a profile of its own, which keeps nothing. `parallel`: the other pages of the profile run at the same time as
 * this one. Otherwise they share a process.
 */
export async function openPage({ parallel = false } = {}): Promise<ObservedPage> {
  const browser = await browserWith(parallel ? [] : ONE_PROCESS)
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
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
  return { page: await context.newPage(), requested, complaints, close: () => context.close() }
}

import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKeptMails } from '../../../packages/delivery/src/mail/kept-mails.js'
import { type ObservedPage, openPage } from '../../support/browser.js'
import { startNotification } from '../../support/notification.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

interface Mail {
  id: string
  to: string
  subject: string
  text: string
}

const directory = join(mkdtempSync(join(tmpdir(), 'postern-mails-')), 'mail')
let service: Service
let browser: ObservedPage

beforeAll(async () => {
  ;[service, browser] = await Promise.all([startService({ MAIL_DIR: directory }), openPage()])
})
afterAll(async () => {
  await Promise.all([service.stop(), browser.close()])
  rmSync(join(directory, '..'), { recursive: true })
})

const get = (path: string) => fetch(service.url + path)
const mails = async () => (await (await get('/mail.json')).json()) as Mail[]

/** Registers, and waits for the mail. */
async function register(): Promise<Mail> {
  const { email } = await service.register()
  return until('the mail is kept', async () => (await mails()).find(({ to }) => to === email))
}

it('shows the mails of development, the newest first, which only their owner can read', async () => {
  const [first, second] = [await register(), await register()]
  expect((await mails()).map(({ id }) => id)).toEqual([second.id, first.id])
  const list = await (await get('/mail')).text()
  expect(list.indexOf(second.to)).toBeLessThan(list.indexOf(first.to))
  const page = await get(`/mail/${first.id}`)
  expect(await page.text()).toContain(first.text.split('\n').find((line) => /^\d{8}$/.test(line)))
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(statSync(join(directory, `${first.id}.json`)).mode & 0o777).toBe(0o600)
  expect((await get('/mail/../../etc/passwd')).status).toBe(404)
  expect((await get('/mail/..%2f..%2fetc%2fpasswd')).status).toBe(404)
})

it('does not exist for other names of this machine, as a page of another site could send them', async () => {
  const { id } = await register()
  const { port } = new URL(service.url)
  async function statusFor(host: string, path: string): Promise<number | undefined> {
    const sent = request({ host: '127.0.0.1', port, path, headers: { host } }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    await textOf(response)
    return response.statusCode
  }
  for (const path of ['/mail', '/mail.json', `/mail/${id}`]) {
    for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]:80']) expect(await statusFor(host, path)).toBe(200)
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect(await statusFor(host, path)).toBe(404)
  }
})

it('shows the HTML of a mail in a frame without scripts, whose links open in the tab', async () => {
  const { id } = await register()
  const { page, complaints } = browser
  await page.goto(`${service.url}/mail`)
  await page.getByRole('link', { name: 'Verify your email address' }).first().click()
  await page.getByRole('heading', { name: 'Verify your email address', level: 1 }).first().waitFor()
  const frame = page.frameLocator('iframe')
  const link = frame.getByRole('link', { name: 'Verify my address' })
  expect(await link.getAttribute('href')).toContain('/verify-email#email=')
  // A style of the mail, which the policy of the page must allow.
  expect(await link.evaluate((element) => getComputedStyle(element).display)).toBe('inline-block')
  expect(complaints).toEqual([])

  const kept = createKeptMails(directory)
  const mail = (await kept.find(id))!
  const evil = `<head></head><script>top.document.title = 'run'</script><img src=x onerror="top.document.title='run'"><a href="http://localhost:1/">out</a>`
  await kept.keep({ ...mail, subject: '<script>document.title="run"</script>', html: evil })
  await page.goto(`${service.url}/mail/${id}`)
  await page.frameLocator('iframe').getByRole('link', { name: 'out' }).waitFor()
  expect(await page.title()).toBe('<script>document.title="run"</script>')
})

it('keeps a bounded number of mails', async () => {
  const kept = createKeptMails(directory)
  const { id } = await register()
  const mail = (await kept.find(id))!
  for (let i = 0; i < 201; i++)
    await kept.keep({ ...mail, id: `${id.slice(0, 30)}${String(i).padStart(6, '0')}.verify-email` })
  expect(readdirSync(directory)).toHaveLength(200)
})

it('shows the mails that the notification service keeps', async () => {
  const notification = await startNotification({ MAIL_DIR: directory })
  const other = await startService({ MAIL_DIR: directory, ...notification.access })
  const { email } = await other.register()
  const mail = await until('the mail is kept', async () => (await mails()).find(({ to }) => to === email))
  expect(mail.subject).toBe('Verify your email address')
  await other.stop()
  await notification.stop()
})

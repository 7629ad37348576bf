import { NotificationCategory } from '@postern/proto/notification'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningConsent, startConsent } from '../../support/consent.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import { sees } from '../../support/sees.js'
import { asService } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'

let [consent, notification, stage] = [] as unknown as [RunningConsent, Notification, PagesService]
beforeAll(async () => {
  ;[consent, notification] = await Promise.all([startConsent(), startNotification()])
  stage = await startPagesService({ ...consent.access, ...notification.access })
})
afterAll(async () => {
  await stage.stop()
  await Promise.all([consent.stop(), notification.stop()])
})
afterEach(() => expect(stage.browser.complaints()).toEqual([]))

const PASSWORD = 'seven green bicycles'
const PURPOSE = 'integrations.read'

/** As a service asks before it does what needs the consent. */
const isValid = async (userId: string): Promise<boolean> =>
  (await consent.rpc.validateConsent({ userId, purpose: PURPOSE }, asService())).valid

let sent = 0
const send = (userId: string, title: string) =>
  notification.rpc.sendNotification(
    { userId, category: NotificationCategory.WORKFLOW, title, body: 'It is ready.', idempotencyKey: `page-${++sent}` },
    asService(),
  )

/** `before`: what happens to the page first. */
async function openAccount(before: (page: Page) => Promise<unknown> = () => Promise.resolve()) {
  const account = await stage.service.signUp({ password: PASSWORD })
  const { page, pages } = await stage.browser.fresh()
  await before(page)
  await pages.open('/sign-in')
  await pages.signIn(account)
  return { account, page, pages }
}

it('a consent that is given on the page counts at once, and with one click it is withdrawn everywhere', async () => {
  const { account, page, pages } = await openAccount()
  const section = page.getByRole('region', { name: 'Privacy' })
  const { purposes } = await consent.rpc.listPurposes({})
  const title = purposes.find(({ name }) => name === PURPOSE)?.title ?? ''

  await pages.button(`Agree: ${title}`).click()
  await sees(section, `You agreed: ${title}.`)
  await sees(section, /Agreed on .*Version 1 of the text/)
  expect(await isValid(account.id)).toBe(true)

  await pages.button(`Withdraw: ${title}`).click()
  await sees(section, `Withdrawn: ${title}.`)
  expect(await isValid(account.id)).toBe(false)

  await section.getByText('History').click()
  await sees(section, new RegExp(`Withdrawn: ${title}.*Agreed: ${title}`, 's'))
  const [download] = await Promise.all([page.waitForEvent('download'), pages.button('Download as CSV').click()])
  expect(download.suggestedFilename()).toMatch(/\.csv$/)
  expect(await pages.barriers()).toEqual([])
})

it('a notification arrives without a reload, and is read by keyboard', async () => {
  const streams = Promise.withResolvers<undefined>()
  const { account, page } = await openAccount((opened) =>
    opened.route('**/graphql/stream', async (route) => {
      await streams.promise
      await route.continue()
    }),
  )
  const section = page.getByRole('region', { name: 'Notifications', exact: true })
  await sees(section, 'There are none yet.')
  await sees(section, 'You have read everything.')
  // It comes after the list was loaded, and before the page hears of what is new.
  await send(account.id, 'Your report')
  streams.resolve(undefined)
  await sees(section, /1 unread.*Your report.*It is ready\./s)
  await send(account.id, 'Another report')
  await sees(section, /2 unread/)

  const slow = Promise.withResolvers<undefined>()
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('notifications(first')) await slow.promise
    await route.continue()
  })
  await section.getByRole('button', { name: 'Mark as read: Your report' }).focus()
  await page.keyboard.press('Enter')
  // The list stays as it is while it is loaded again, so the next action finds what it is about.
  await sees(section, /1 unread.*Another report.*Your report/s)
  await section.getByRole('button', { name: 'Mark all as read' }).focus()
  await page.keyboard.press('Enter')
  await sees(section, 'You have read everything.')
  slow.resolve(undefined)
  await page.reload()
  await sees(page.getByRole('region', { name: 'Notifications', exact: true }), 'You have read everything.')
})

it('each choice of how to get notifications is saved, and still there after a reload', async () => {
  const { page, pages } = await openAccount()
  const section = page.getByRole('region', { name: 'How you get notifications' })
  const mail = section.getByRole('checkbox', { name: 'Workflows: Mail' })
  await mail.waitFor()
  const before = await mail.isChecked()
  await mail.click()
  await until('it is saved', async () => (await mail.isChecked()) !== before)
  expect(await section.getByRole('checkbox', { name: 'Security: Mail' }).isDisabled()).toBe(true)
  await section.getByRole('checkbox', { name: /wait until the end/ }).check()
  await section.getByLabel('From', { exact: true }).fill('21:30')
  await section.getByLabel('To', { exact: true }).fill('06:45')
  await section.getByLabel('Time zone').selectOption('Europe/Berlin')
  const saved = page.waitForResponse((response) => response.request().postData()?.includes('quietHours') ?? false)
  await pages.button('Save quiet hours').click()
  await saved
  await page.reload()
  await section.getByLabel('From', { exact: true }).waitFor()
  expect(await section.getByLabel('From', { exact: true }).inputValue()).toBe('21:30')
  expect(await section.getByLabel('Time zone').inputValue()).toBe('Europe/Berlin')
  expect(await mail.isChecked()).toBe(!before)
})

it('the sections are not there where the deployment has no such services', async () => {
  const without = await startPagesService()
  const account = await without.service.signUp({ password: PASSWORD })
  const { page, pages } = await without.browser.fresh()
  await pages.open('/sign-in')
  const asked = page.waitForResponse((response) => response.request().postData()?.includes('consentsEnabled') ?? false)
  await pages.signIn(account)
  await (await asked).finished()
  for (const name of ['Privacy', 'Notifications', 'How you get notifications'])
    expect(await page.getByRole('region', { name, exact: true }).count()).toBe(0)
  await without.stop()
})

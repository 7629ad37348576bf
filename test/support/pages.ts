import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { openPage } from './browser.js'

export type Pages = ReturnType<typeof createPages>

/** The pages of web/ as a person uses them: by what is written on them. */
function createPages(page: Page, url: string) {
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const button = (name: string) => page.getByRole('button', { name, exact: true })

  return {
    email: field('E-mail address'),
    who: field('E-mail address or username'),
    username: field('Username'),
    password: field('Password'),
    /** What the check has to say about the name in the field. */
    verdict: page.locator('[aria-live=polite]'),
    suggestions: page.getByRole('group', { name: 'Free names' }).getByRole('button'),
    heading: page.getByRole('heading', { level: 1 }),
    outage: page.getByText('The service cannot answer just now. We keep trying'),
    field,
    button,

    async open(path = '/'): Promise<void> {
      await page.goto(`${url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    },

    async signIn({ email, password }: { email: string; password: string }): Promise<void> {
      await field('E-mail address or username').fill(email)
      await field('Password').fill(password)
      await button('Sign in').click()
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
    },

    /** What axe-core finds wrong with what is shown, as lines to read. */
    async barriers(): Promise<string[]> {
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate<AxeResults>('axe.run()')
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
    },
  }
}

export type Browser = Awaited<ReturnType<typeof openBrowser>>

/** One Chromium for all tests of a file, and for each of them a page that knows of nobody. */
export async function openBrowser(url: string) {
  const observed = await openPage()
  const { complaints, requested } = observed
  const context = observed.page.context()
  let seen = { complaints: 0, requested: 0 }

  return {
    close: () => observed.close(),
    async fresh() {
      await context.clearCookies()
      const page = await context.newPage()
      for (const old of context.pages()) if (old !== page) await old.close()
      seen = { complaints: complaints.length, requested: requested.length }
      return { page, pages: createPages(page, url) }
    },
    /** What a developer would see in red since then. */
    complaints: () => complaints.slice(seen.complaints),
    /** What was asked of other origins. */
    foreign: () => requested.slice(seen.requested).filter((address) => !address.startsWith(`${url}/`)),
  }
}

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { openPage } from './browser.js'

/** Each document compiles it again, so the small one. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** All violations. Describing each element without one takes longer than the checks. */
const ALL: RunOptions = { resultTypes: ['violations'] }

/** What axe-core checks of colors. */
const OF_COLORS: RunOptions = { ...ALL, runOnly: ['color-contrast', 'link-in-text-block'] }

export type Pages = ReturnType<typeof createPages>

/** The pages of web/ as a person uses them: by the words on them. */
function createPages(page: Page, url: string) {
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const button = (name: string) => page.getByRole('button', { name, exact: true })

  return {
    email: field('Email address'),
    who: field('Email address or username'),
    username: field('Username'),
    password: field('Password'),
    /** The result of the username check. */
    verdict: page.locator('[aria-live=polite]'),
    suggestions: page.getByRole('group', { name: 'Available names' }).getByRole('button'),
    heading: page.getByRole('heading', { level: 1 }),
    outage: page.getByText('The service is unavailable. We keep trying'),
    field,
    button,

    async open(path = '/'): Promise<void> {
      await page.goto(`${url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    },

    async signIn({ email, password }: { email: string; password: string }): Promise<void> {
      await field('Email address or username').fill(email)
      await field('Password').fill(password)
      await button('Sign in').click()
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
    },

    /** The violations that axe-core finds, as readable lines. In the dark only those of colors: all else is as in the light. */
    async barriers(): Promise<string[]> {
      if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE)
      const isDark = await page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')
      const checks = JSON.stringify(isDark ? OF_COLORS : ALL)
      const violations = await page.evaluate<AxeResults['violations']>(
        `axe.run(${checks}).then(({ violations }) => violations)`,
      )
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
    },
  }
}

export type Browser = Awaited<ReturnType<typeof openBrowser>>

/** One Chromium for all tests of a file, and a signed-out page for each test. */
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
    /** Errors in the console since `fresh`. */
    complaints: () => complaints.slice(seen.complaints),
    /** Requests to other origins since `fresh`. */
    foreign: () => requested.slice(seen.requested).filter((address) => !address.startsWith(`${url}/`)),
  }
}

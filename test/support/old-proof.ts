import type { Page } from 'playwright-core'
import type { TestDatabase } from './database.js'

/**
 * Makes the last proof of who someone is an hour old, in every session, and renews the access token of the page, which says
 * when it was.
 */
export async function ageProof(database: Pick<TestDatabase, 'query'>, page: Page): Promise<void> {
  await database.query('UPDATE sessions SET auth_time = auth_time - INTERVAL 1 HOUR')
  const answer = await page.evaluate(() =>
    fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-postern-cookies': '1' },
      body: JSON.stringify({ query: 'mutation { refreshToken(token: "") { expiresAt } }' }),
    }).then((response) => response.text()),
  )
  if (!answer.includes('expiresAt')) throw new Error(`The token was not renewed: ${answer}`)
}

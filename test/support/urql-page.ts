// A page with urql as its documentation shows it, for test/e2e/http/urql.test.ts.
import { Client, fetchExchange } from '@urql/core'

// `cookies`: with the header of docs/cookies.md.
Object.assign(globalThis, {
  createUrql: (url: string, cookies: boolean) =>
    new Client({
      url,
      exchanges: [fetchExchange],
      fetchOptions: cookies ? { credentials: 'include', headers: { 'x-postern-cookies': '1' } } : {},
    }),
})

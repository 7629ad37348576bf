// Starts providers to sign in with, beside the cores of the servers under test.
import { once } from 'node:events'
import { end, spawn } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { inRoot, node } from '../../tools/launch/paths.mjs'
import type { ProvidersReady, Worked } from '../peers/sign-in-providers.ts'

/** Where the service says that its pages are. */
export const APP_URL = 'https://auth.example.com'

export type SignInProviders = Awaited<ReturnType<typeof startSignInProviders>>

export async function startSignInProviders() {
  const file = inRoot('bench/peers/sign-in-providers.ts')
  const child = spawn(node, [file, `${APP_URL}/oauth/google/callback`], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const forget = onStop(() => end(child, 2000))
  const answer = async () => ((await once(child, 'message')) as [unknown])[0]
  const { google, github } = (await answer()) as ProvidersReady
  return {
    /** What makes a service use them. */
    env: {
      APP_URL,
      GOOGLE_URL: google.issuer,
      GOOGLE_CLIENT_ID: google.client.client_id,
      GOOGLE_CLIENT_SECRET: google.client.client_secret,
      GITHUB_URL: github.origin,
      GITHUB_CLIENT_ID: github.client.client_id,
      GITHUB_CLIENT_SECRET: github.client.client_secret,
    },
    /** Sets who signs in from now on. Resolves to what the providers have done since the last call. */
    async become(person: number): Promise<Worked> {
      child.send({ person })
      return (await answer()) as Worked
    },
    async stop() {
      await end(child, 2000)
      forget()
    },
  }
}

// The sign-in page.
import { SignInForm } from './sign-in-form'

export default async function SignIn({ searchParams }: { searchParams: Promise<Record<string, string | string[]>> }) {
  const { return_to } = await searchParams
  return (
    <>
      <h1>Sign in</h1>
      <SignInForm returnTo={safePath(return_to)} />
    </>
  )
}

/** Only a path of this app: a link must not lead visitors elsewhere after they sign in. */
function safePath(path: string | string[] | undefined): string {
  const isPath = typeof path === 'string' && /^\/(?![/\\])/.test(path)
  return isPath && new URL(path, 'http://localhost').origin === 'http://localhost' ? path : '/account'
}

// The sign-in page, which also says why someone was sent here.
import { trimText } from '@postern/contract/text'
import { lazy, Suspense, useState } from 'react'
import { Captcha, useCaptcha } from '../forms/Captcha.js'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { ProviderButtons, ProviderError } from '../forms/ProviderButtons.js'
import { useForm } from '../forms/use-form.js'
import { useFirstField } from '../forms/use-first-field.js'
import { PasskeySignIn } from '../passkeys/on-demand.js'
import { kept } from '../routes.js'
import { awaitCode, mailLink } from '../state/mail-link.js'
import { client, session } from '../service.js'
import { continueSignIn, secondStep } from '../state/second-step.js'
import type { Farewell } from '../state/session.js'
import { useStore } from '../state/store.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import type { FieldError } from '../wording/problems.js'
import { Entry } from './Entry.js'

interface Reason {
  readonly tone: 'good' | 'plain' | 'bad'
  readonly words: string
}

/** Safari and other browsers with WebKit keep no Secure cookies from http://localhost. */
const keepCookies =
  window.location.protocol === 'https:'
    ? 'Allow cookies for this site, then sign in again.'
    : 'Some browsers, such as Safari, keep it only over HTTPS. Open this page over HTTPS, or use another browser.'

const farewells: Record<Farewell, Reason> = {
  ended: { tone: 'plain', words: 'Your session has ended. Sign in to continue.' },
  reused: {
    tone: 'plain',
    words: 'We ended your session because someone else may have a copy of it. Sign in, then change your password.',
  },
  elsewhere: {
    tone: 'plain',
    words: 'You were signed out. If it was not you who did that, sign in and change your password.',
  },
  'signed-out': { tone: 'good', words: 'You are signed out.' },
  everywhere: { tone: 'good', words: 'You are signed out on all devices.' },
  deleted: { tone: 'good', words: 'Your account is deleted.' },
  'deletion-requested': {
    tone: 'good',
    words: 'Your account will be deleted. To keep it, open the link in the mail that we have sent you.',
  },
  registered: { tone: 'good', words: 'Your account is ready. Sign in to continue.' },
  verified: { tone: 'good', words: 'Your email address is verified. Sign in to continue.' },
  reset: { tone: 'good', words: 'Your password is changed. Sign in with the new one.' },
  'no-cookie': { tone: 'bad', words: `Your browser did not keep the sign-in cookie. ${keepCookies}` },
}

const change: Reason = { tone: 'plain', words: 'Sign in to confirm your new email address.' }
const download: Reason = { tone: 'plain', words: 'Sign in to download your data.' }
const needed: Reason = { tone: 'plain', words: 'Sign in to see your account.' }

const SecondStep = lazy(() => import('../mfa/SecondStep.js').then((module) => ({ default: module.SecondStep })))

const names = ['username', 'password', 'captchaToken'] as const

/** Every way to sign in can end in the second step. */
export function SignIn() {
  const waiting = useStore(secondStep)
  return waiting ? (
    <Suspense>
      <SecondStep waiting={waiting} />
    </Suspense>
  ) : (
    <FirstStep />
  )
}

function FirstStep() {
  const state = useStore(session)
  const { farewell, email = '' } = state.status === 'out' ? state : { farewell: null }
  const { purpose } = mailLink.get()
  const waiting =
    purpose === '/change-email' ? change : purpose === '/data-export' ? download : kept() === null ? null : needed
  const reason = farewell ? farewells[farewell] : waiting
  const [who, setWho] = useState(email)
  const [password, setPassword] = useState('')

  const captcha = useCaptcha()

  const form = useForm({
    names,
    check: ({ username, password, captchaToken }) => ({
      username: trimText(username) === '' ? 'Enter your email address or username.' : undefined,
      password: password === '' ? 'Enter your password.' : undefined,
      captchaToken: captcha.problem(captchaToken),
    }),
    async submit({ username, password, captchaToken }) {
      session.prepare()
      const identifier = trimText(username)
      const credentials = identifier.includes('@')
        ? { email: identifier, password }
        : { username: identifier, password }
      // The page for the code needs the address.
      if ('email' in credentials) awaitCode(identifier)
      const user = await captcha
        .use(captchaToken, (more) => client.login({ ...credentials, ...more }))
        .catch((error: unknown) => continueSignIn(error, identifier))
      if (user) await session.signedIn(user, identifier)
    },
    fieldOf: { UNAUTHENTICATED: 'password', ACCOUNT_DELETION_PENDING: 'username', EMAIL_NOT_VERIFIED: 'username' },
    say: sayProblem,
  })
  useFirstField(form.ref)

  return (
    <Entry
      title="Sign in"
      lead={
        <>
          New here? <Link to="/">Create an account</Link>
        </>
      }
    >
      {reason && !form.error && !form.problems.password && <Notice tone={reason.tone}>{reason.words}</Notice>}
      <ProviderError />
      <form {...form.element}>
        <FormError error={form.error} />
        <Field
          label="Email address or username"
          autoComplete="username webauthn"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          {...form.field('username', who, setWho)}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          {...form.field('password', password, setPassword)}
        />
        <Captcha captcha={captcha} problem={form.problems.captchaToken} onSolved={() => form.changed('captchaToken')} />
        <Button look="primary" busy={form.busy}>
          Sign in
        </Button>
      </form>
      <Suspense>
        <PasskeySignIn />
      </Suspense>
      <ProviderButtons />
      <p className="aside">
        <Link to="/forgot-password">Forgot your password?</Link>
      </p>
    </Entry>
  )
}

function sayProblem({ code, message }: FieldError) {
  if (code === 'UNAUTHENTICATED') return "The password doesn't match this email address or username."
  if (code !== 'EMAIL_NOT_VERIFIED') return message
  return (
    <>
      This email address is not verified yet. <Link to="/verify-email">Enter the code from the mail</Link>
    </>
  )
}

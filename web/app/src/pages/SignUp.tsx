// The sign-up page.
import { useUsername } from '@postern/client/react'
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { brand } from '../branding.js'
import { Captcha, useCaptcha } from '../forms/Captcha.js'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { ProviderButtons } from '../forms/ProviderButtons.js'
import { chosenUsernameProblem, emailProblem, newPasswordProblem } from '../forms/rules.js'
import { StrengthMeter } from '../forms/StrengthMeter.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { LEAST_PASSWORD, type Policy, usePolicy } from '../forms/use-policy.js'
import { TermsNote } from '../forms/TermsNote.js'
import { UsernameField } from '../forms/UsernameField.js'
import { addressOf, navigate, usePlace } from '../routes.js'
import { client, session } from '../service.js'
import { awaitCode, mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import type { FieldError } from '../wording/problems.js'
import { Entry } from './Entry.js'

const names = ['email', 'username', 'password', 'invitationCode', 'captchaToken'] as const

export function SignUp() {
  const policy = usePolicy()
  return policy?.registration === 'CLOSED' ? <NoSignUp /> : <SignUpForm policy={policy} />
}

function SignUpForm({ policy }: { policy: Policy | null }) {
  const invitation = useStore(mailLink)
  const [email, setEmail] = useState(invitation.email)
  const [invitationCode, setInvitationCode] = useState(invitation.code)
  const [password, setPassword] = useState('')
  const usernameField = useUsername(client)
  const { returnTo } = usePlace()
  const least = policy?.passwordMinLength ?? LEAST_PASSWORD
  const takesUsername = policy?.registrationHidden !== true
  const needsInvitation = policy?.registration === 'INVITE'

  /** What the page shows, and the new account accepts. */
  const terms = brand.termsUrl === null ? null : (policy?.termsVersion ?? null)

  const captcha = useCaptcha()

  const form = useForm({
    names,
    check: ({ email, username, password, invitationCode, captchaToken }) => ({
      email: emailProblem(email),
      username: takesUsername ? chosenUsernameProblem(username, usernameField.state) : undefined,
      password: newPasswordProblem(password, least),
      invitationCode: needsInvitation && trimText(invitationCode) === '' ? 'Enter your invitation code.' : undefined,
      captchaToken: captcha.problem(captchaToken),
    }),
    async submit({ email, username, password, invitationCode, captchaToken }) {
      if (!policy?.verifiedEmailRequired) session.prepare()
      const chosen = {
        ...(takesUsername && { username }),
        ...(needsInvitation && { invitationCode }),
        ...(terms !== null && { termsVersion: terms }),
      }
      const registered = await captcha.use(captchaToken, (more) =>
        client.register({ email, ...chosen, password, ...more }),
      )
      // Another tab may have signed in before this answer came.
      if (session.get().status === 'in') return
      if (!registered || policy?.verifiedEmailRequired) {
        awaitCode(trimText(email))
        navigate('/verify-email')
        return
      }
      // A captcha works once, so its user signs in with another one.
      const user = captcha.shown ? null : await client.login({ email, password }).catch(() => null)
      // The account exists: submitting the form again would only find the address taken.
      if (user) await session.signedIn(user, email)
      else session.leave('registered', email)
      if (session.get().status === 'out') navigate(addressOf('/sign-in', returnTo), { replace: true })
    },
    fieldOf: {
      EMAIL_EXISTS: 'email',
      INVALID_INVITATION: 'invitationCode',
      USERNAME_TAKEN: 'username',
      USERNAME_RESERVED: 'username',
      WEAK_PASSWORD: 'password',
      BREACHED_PASSWORD: 'password',
    },
    say: sayProblem,
    // Its suggestions are out of date.
    refused: ({ code }) => code === 'USERNAME_TAKEN' && usernameField.retry(),
  })
  useFirstField(form.ref)

  return (
    <Entry
      title="Create your account"
      lead={
        <>
          Already have an account? <Link to="/sign-in">Sign in</Link>
        </>
      }
    >
      <form {...form.element}>
        <FormError error={form.error} />
        {needsInvitation && (
          <Field
            label="Invitation code"
            autoComplete="off"
            autoCapitalize="characters"
            autoCorrect="off"
            spellCheck={false}
            {...form.field('invitationCode', invitationCode, setInvitationCode)}
          />
        )}
        <Field label="Email address" type="email" autoComplete="email" {...form.field('email', email, setEmail)} />
        {takesUsername && (
          <UsernameField
            label="Username"
            field={usernameField}
            problem={form.problems.username}
            onChange={() => form.changed('username')}
          />
        )}
        <PasswordField
          label="Password"
          autoComplete="new-password"
          {...form.field('password', password, setPassword)}
          hint={password === '' && `At least ${least} characters. A few words make a good password.`}
        >
          {form.problems.password === undefined && (
            <StrengthMeter password={password} own={[email, usernameField.username, brand.name]} />
          )}
        </PasswordField>
        <Captcha captcha={captcha} problem={form.problems.captchaToken} onSolved={() => form.changed('captchaToken')} />
        <TermsNote isRequired={terms !== null} />
        <Button look="primary" busy={form.busy}>
          Create account
        </Button>
      </form>
      <ProviderButtons terms={terms} />
    </Entry>
  )
}

const NoSignUp = () => (
  <Entry
    title="Create your account"
    lead={
      <>
        Already have an account? <Link to="/sign-in">Sign in</Link>
      </>
    }
  >
    <Notice tone="plain">New accounts are not available here.</Notice>
  </Entry>
)

const sayProblem = ({ code, message }: FieldError) =>
  code === 'EMAIL_EXISTS' ? (
    <>
      There is already an account with this address. <Link to="/sign-in">Sign in instead</Link>
    </>
  ) : (
    message
  )

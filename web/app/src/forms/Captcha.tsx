// The captcha of a form, if this deployment requires one.
import type { Policy } from '@postern/client'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { Notice } from '../ui/Notice.js'
import { usePolicy } from './use-policy.js'

const Widget = lazy(() => import('./CaptchaWidget.js').then((module) => ({ default: module.CaptchaWidget })))

export type CaptchaState = ReturnType<typeof useCaptcha>

/** What the form knows about its captcha. Its token is the form's value `captchaToken`. */
export function useCaptcha() {
  const policy = usePolicy()
  // A new number shows a new captcha: each token works once.
  const [round, setRound] = useState(0)
  const shown = shownBy(policy)
  return {
    shown,
    round,
    problem: (token: string) => (shown && token === '' ? 'Complete the captcha.' : undefined),
    /** Calls `send` with the token. If it fails, shows a new captcha, because each token works once. */
    async use<T>(token: string, send: (input: { captchaToken?: string }) => Promise<T>): Promise<T> {
      try {
        return await send(shown ? { captchaToken: token } : {})
      } catch (error) {
        setRound((n) => n + 1)
        throw error
      }
    },
  }
}

function shownBy(policy: Policy | null): { siteKey: string; scriptUrl: string } | null {
  const { siteKey, scriptUrl } = policy?.captcha ?? {}
  return siteKey && scriptUrl ? { siteKey, scriptUrl } : null
}

interface CaptchaProps {
  captcha: CaptchaState
  problem: ReactNode
  /** Called when it was solved. */
  onSolved: () => void
}

export function Captcha({ captcha: { shown, round }, ...props }: CaptchaProps) {
  if (shown)
    return (
      <Suspense>
        <Widget key={round} {...shown} {...props} />
      </Suspense>
    )
  // The service requires one, and the policy that describes it has not arrived.
  return props.problem !== undefined && <Notice tone="bad">{props.problem}</Notice>
}

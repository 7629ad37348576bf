// The captcha of a form, if this deployment requires one.
import type { Policy } from '@postern/client'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Icon } from '../ui/Icon.js'
import { Notice } from '../ui/Notice.js'
import { type CaptchaApi, loadCaptcha } from './captcha-script.js'
import { usePolicy } from './use-policy.js'

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
  if (shown) return <Widget key={round} {...shown} {...props} />
  // The service requires one, and the policy that describes it has not arrived.
  return props.problem !== undefined && <Notice tone="bad">{props.problem}</Notice>
}

function Widget({
  siteKey,
  scriptUrl,
  problem,
  onSolved,
}: { siteKey: string; scriptUrl: string } & Omit<CaptchaProps, 'captcha'>) {
  const container = useRef<HTMLDivElement>(null)
  const [token, setToken] = useState('')
  const [failed, setFailed] = useState(false)
  const solved = useRef(onSolved)
  useEffect(() => {
    solved.current = onSolved
  })

  useEffect(() => {
    let remove: (() => void) | null = null
    let isGone = false
    const show = (api: CaptchaApi) => {
      if (isGone || !container.current) return
      const widget = api.render(container.current, {
        sitekey: siteKey,
        callback(next) {
          setToken(next)
          setFailed(false)
          solved.current()
        },
        'expired-callback': () => setToken(''),
        'error-callback': () => setFailed(true),
      })
      remove = () => api.remove(widget)
    }
    loadCaptcha(scriptUrl).then(show, () => setFailed(true))
    return () => {
      isGone = true
      remove?.()
    }
  }, [siteKey, scriptUrl])

  return (
    <div className="field">
      <div ref={container} />
      <input type="hidden" name="captchaToken" value={token} />
      {failed && (
        <Notice tone="bad">
          The captcha could not be loaded. Check your connection and your content blocker, then reload this page.
        </Notice>
      )}
      {problem !== undefined && !failed && (
        <p className="status status-bad" role="alert">
          <Icon name="alert" />
          <span>{problem}</span>
        </p>
      )}
    </div>
  )
}

// Shows the captcha of the provider, where the deployment has one.
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Icon } from '../ui/Icon.js'
import { Notice } from '../ui/Notice.js'
import { type CaptchaApi, loadCaptcha } from './captcha-script.js'

interface CaptchaWidgetProps {
  siteKey: string
  scriptUrl: string
  problem: ReactNode
  /** Called when it was solved. */
  onSolved: () => void
}

export function CaptchaWidget({ siteKey, scriptUrl, problem, onSolved }: CaptchaWidgetProps) {
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

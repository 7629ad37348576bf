// Shows the secret of a webhook, once.
import { useEffect, useRef, useState } from 'react'
import { Button } from '../../ui/Button.js'
import { Notice } from '../../ui/Notice.js'

export function WebhookSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const [isCopied, setCopied] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.focus(), [])
  return (
    <div className="confirm" role="group" aria-label="Secret of the webhook" tabIndex={-1} ref={place}>
      <Notice tone="plain">
        Give this secret to the receiver, which verifies requests with it. It is shown only now.
      </Notice>
      <code className="breakable">{secret}</code>
      <div className="actions">
        <Button look="primary" onClick={onDone}>
          I have stored it
        </Button>
        <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>Copy</Button>
        <span className="done" role="status">
          {isCopied && 'Copied.'}
        </span>
      </div>
    </div>
  )
}

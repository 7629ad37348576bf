// Shows recovery codes, once, to copy or download them.
import { useEffect, useRef, useState } from 'react'
import { Button } from '../ui/Button.js'
import { Notice } from '../ui/Notice.js'

const ABOUT = 'Recovery codes. Each works once, instead of a code of your authenticator app.'

function download(codes: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([`${ABOUT}\n\n${codes.join('\n')}\n`], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'recovery-codes.txt'
  link.click()
  URL.revokeObjectURL(url)
}

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [isCopied, setCopied] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.focus(), [])

  return (
    <div className="confirm" role="group" aria-label="Recovery codes" tabIndex={-1} ref={place}>
      <Notice tone="plain">
        Store these recovery codes where you find them without your phone. They are shown only now. Each works once.
      </Notice>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="actions">
        <Button look="primary" onClick={onDone}>
          I have stored them
        </Button>
        <Button onClick={() => void navigator.clipboard.writeText(codes.join('\n')).then(() => setCopied(true))}>
          Copy
        </Button>
        <Button onClick={() => download(codes)}>Download</Button>
        <span className="done" role="status">
          {isCopied && 'Copied.'}
        </span>
      </div>
    </div>
  )
}

// An error that belongs to a form as a whole.
import type { PosternError } from '@postern/client'
import { outage } from '../service.js'
import { isOutage } from '../state/outage.js'
import { useStore } from '../state/store.js'
import { Notice } from '../ui/Notice.js'
import { sentenceFor } from '../wording/problems.js'

interface FormErrorProps {
  error: PosternError | null
  /** For forms with their own wording. */
  say?: (error: PosternError) => string
}

export function FormError({ error, say = sentenceFor }: FormErrorProps) {
  const { status } = useStore(outage)
  if (!error) return null
  if (isOutage(error) && status === 'up')
    return <Notice tone="plain">The service is available again. Try once more.</Notice>
  return <Notice tone="bad">{say(error)}</Notice>
}

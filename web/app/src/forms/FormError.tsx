import type { PosternError } from '@postern/client'
import { outage } from '../service.js'
import { isOutage } from '../state/outage.js'
import { useStore } from '../state/store.js'
import { Notice } from '../ui/Notice.js'
import { sentenceFor } from '../wording/problems.js'

interface FormErrorProps {
  error: PosternError | null
  /** Where a form has words of its own. */
  say?: (error: PosternError) => string
}

/** What went wrong with a form as a whole. */
export function FormError({ error, say = sentenceFor }: FormErrorProps) {
  const { status } = useStore(outage)
  if (!error) return null
  if (isOutage(error) && status === 'well')
    return <Notice tone="plain">The service answers again: try once more.</Notice>
  return <Notice tone="bad">{say(error)}</Notice>
}

// A button for an action with consequences: it names them and asks for confirmation first.
import type { ReactNode } from 'react'
import { FormError } from '../forms/FormError.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Confirm } from '../ui/Confirm.js'

interface ConfirmActionProps {
  /** The label of the button that opens the question. */
  words: string
  /** Replaces the words for screen readers where they don't say enough. Starts with the words. */
  label?: string
  look?: 'plain' | 'danger'
  /** What the question is about, such as "Disable the account". Also the label of the button that does it. */
  title: string
  consequence: ReactNode
  /** After that, the page must show something else in its place, or give it another key. */
  work: () => Promise<void>
}

export const ConfirmAction = ({ words, label, look = 'danger', ...question }: ConfirmActionProps) => (
  <Confirm words={words} look={look} {...(label !== undefined && { label })}>
    {(cancel) => <Question {...question} onCancel={cancel} />}
  </Confirm>
)

type QuestionProps = Pick<ConfirmActionProps, 'title' | 'consequence' | 'work'> & { onCancel: () => void }

function Question({ title, consequence, work, onCancel }: QuestionProps) {
  const action = useAction(work)
  return (
    <div className="confirm" role="group" aria-label={title} tabIndex={-1}>
      <p>{consequence}</p>
      <FormError error={action.error} />
      <div className="actions">
        <Button look="danger" busy={action.busy} onClick={action.run}>
          {title}
        </Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}

// Describes the result of a username check.
import type { UsernameState } from '@postern/client'
import type { IconName } from '../ui/Icon.js'

/** In words and with an icon, never by color alone. */
export interface UsernameStatus {
  readonly tone: 'good' | 'bad' | 'calm'
  readonly icon: IconName | null
  readonly words: string
}

export function describeUsername(state: UsernameState): UsernameStatus {
  switch (state.status) {
    case 'idle':
      return { tone: 'calm', icon: null, words: '3 to 30 of a-z, A-Z, 0-9, _ and -.' }
    case 'checking':
      return { tone: 'calm', icon: 'spinner', words: 'Checking …' }
    case 'available':
      return { tone: 'good', icon: 'check', words: state.message }
    case 'unavailable':
      // Not an error while someone is still typing.
      if (state.reason === 'TOO_SHORT') return { tone: 'calm', icon: null, words: state.message }
      return { tone: 'bad', icon: 'cross', words: state.message }
    case 'error':
      return { tone: 'calm', icon: 'cloud', words: "Can't check this username right now." }
  }
}

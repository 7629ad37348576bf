import type { Policy, PosternError, UsernameRecord, UsernameState } from '@postern/client'
import type { UsernameStatus } from '../forms/username-status.js'
import { sentenceFor } from '../wording/problems.js'
import { atMoment, duration, onDay } from '../wording/times.js'

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const isHeld = ({ heldUntil }: UsernameRecord): boolean => heldUntil != null && Date.parse(heldUntil) > Date.now()

/**
 * What the check cannot know, since it answers everybody alike: that a name is the own one, or is held for the one who asks.
 */
export function ownNameStatus(
  username: string,
  state: UsernameState,
  current: string,
  history: readonly UsernameRecord[],
): UsernameStatus | null {
  if (username === '') return null
  if (username === current) return { tone: 'calm', icon: null, words: 'This is your username.' }
  if (isSame(username, current))
    return { tone: 'good', icon: 'check', words: 'The same name in other letters: this does not count as a change.' }
  // Whatever it is refused to others for: it may be protected or look reserved by now.
  const isRefused = state.status === 'unavailable' && state.reason !== 'TAKEN'
  const held = history.find((had) => isSame(had.username, username) && isHeld(had))
  if (isRefused && held?.heldUntil != null)
    return {
      tone: 'good',
      icon: 'check',
      words: `You had this name. It is kept for you until ${onDay(held.heldUntil)}.`,
    }
  return null
}

/** The names given up and not taken back, each once, the one given up last first. */
export function namesHad(history: readonly UsernameRecord[], current: string): UsernameRecord[] {
  const others = history.filter(({ username }) => !isSame(username, current))
  return others.filter(({ username }, i) => others.findIndex((other) => isSame(other.username, username)) === i)
}

/** The rules of this deployment, in words. */
export function renameRules({ usernameRenames, usernameRenamePeriod, usernameHold }: Policy): string[] {
  const times = usernameRenames === 1 ? 'once' : `${usernameRenames} times`
  return [
    `You can change it ${times} within ${duration(usernameRenamePeriod)}. Changing only the case of letters does not count.`,
    usernameHold > 0
      ? `The name you give up is kept for you for ${duration(usernameHold)}: nobody else can claim it. Taking it back counts as a change.`
      : 'The name you give up is free for everybody at once.',
  ]
}

/** RATE_LIMITED in words, with the moment when another change is possible. */
export function sentenceForRename(error: PosternError): string {
  if (error.code !== 'RATE_LIMITED') return sentenceFor(error)
  if (error.retryAfter === undefined) return 'You have changed your username too often. Try again later.'
  const when = new Date(Date.now() + error.retryAfter * 1000).toISOString()
  return `You have changed your username too often. You can change it again on ${atMoment(when)}.`
}

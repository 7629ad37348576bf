// What a user needs to know about changing the username, in words.
import type { Policy, PosternError, UsernameRecord, UsernameState } from '@postern/client'
import type { UsernameStatus } from '../forms/username-status.js'
import { sentenceFor } from '../wording/problems.js'
import { atMoment, duration, onDay } from '../wording/times.js'

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const isHeld = ({ heldUntil }: UsernameRecord): boolean => heldUntil != null && Date.parse(heldUntil) > Date.now()

/**
 * What the check can't know, because its answer is the same for everyone: that a username is the user's own, or is held for
 * them.
 */
export function ownUsernameStatus(
  username: string,
  state: UsernameState,
  current: string,
  history: readonly UsernameRecord[],
): UsernameStatus | null {
  if (username === '') return null
  if (username === current) return { tone: 'calm', icon: null, words: 'This is your username.' }
  if (isSame(username, current))
    return { tone: 'good', icon: 'check', words: "Only the case of letters changes. This doesn't count as a change." }
  // For whatever reason others are refused: it may be protected or look reserved by now.
  const isRefused = state.status === 'unavailable' && state.reason !== 'TAKEN'
  const held = history.find((record) => isSame(record.username, username) && isHeld(record))
  if (isRefused && held?.heldUntil != null)
    return {
      tone: 'good',
      icon: 'check',
      words: `This was your username. It is held for you until ${onDay(held.heldUntil)}.`,
    }
  return null
}

/** The usernames that were released and not taken back, each once, the most recent first. */
export function previousUsernames(history: readonly UsernameRecord[], current: string): UsernameRecord[] {
  const others = history.filter(({ username }) => !isSame(username, current))
  return others.filter(({ username }, i) => others.findIndex((other) => isSame(other.username, username)) === i)
}

/** The rules of this deployment. */
export function renameRules({ usernameRenames, usernameRenamePeriod, usernameHold }: Policy): string[] {
  const times = usernameRenames === 1 ? 'once' : `${usernameRenames} times`
  return [
    `You can change it ${times} in ${duration(usernameRenamePeriod)}. Changing only the case of letters doesn't count.`,
    usernameHold > 0
      ? `Your old username is held for you for ${duration(usernameHold)}: no one else can claim it. Taking it back counts as a change.`
      : 'Your old username becomes available to everyone at once.',
  ]
}

/** RATE_LIMITED with the time when another change is possible. */
export function sentenceForRename(error: PosternError): string {
  if (error.code !== 'RATE_LIMITED') return sentenceFor(error)
  if (error.retryAfter === undefined) return 'You have changed your username too many times. Try again later.'
  const when = new Date(Date.now() + error.retryAfter * 1000).toISOString()
  return `You have changed your username too many times. You can change it again on ${atMoment(when)}.`
}

// Finds the command that is meant, and what is wrong with its arguments.
import { parseArgs } from 'node:util'
import type { Command } from './command.js'

interface Parsed {
  command: Command
  args: readonly string[]
  options: Readonly<Record<string, string | boolean | undefined>>
}

/** What the help of a program says besides its commands. */
export interface Manual {
  readonly version: string
  /** How it is called. */
  readonly usage: string
  readonly notes: readonly string[]
  readonly exitCodes: string
  /** Of single commands, behind the others. */
  readonly otherExitCodes: string
}

export const isVersion = (argument: string | undefined) => argument === '--version' || argument === '-v'

export const isHelp = (argument: string) => ['help', '--help', '-h'].includes(argument)

const list = new Intl.ListFormat('en', { type: 'disjunction', style: 'long' })

/** Without the comma before "or". */
const either = (items: readonly string[]) => list.format(items).replace(/, or /, ' or ')

/** Returns one sentence if something is missing, unknown or superfluous. */
export function parseCommand(commands: readonly Command[], given: readonly string[]): Parsed | string {
  const [first, second] = given
  if (!first) return 'A command is missing.'
  const group = commands.filter(({ words }) => words[0] === first)
  if (group.length === 0) return `Unknown command: ${first}.`
  const isGroup = group.some(({ words }) => words.length > 1)
  if (isGroup && !second) return `${first} needs a command: ${either(group.map(({ words }) => words[1] ?? ''))}.`
  const command = isGroup ? group.find(({ words }) => words[1] === second) : group[0]
  return command ? parseRest(command, given.slice(command.words.length)) : `Unknown command: ${first} ${second}.`
}

function parseRest(command: Command, rest: readonly string[]): Parsed | string {
  const known = Object.entries(command.options ?? {})
  const options = Object.fromEntries(
    known.map(([name, value]) => [name, { type: value === null ? ('boolean' as const) : ('string' as const) }]),
  )
  const unknown = rest.find((item) => item.startsWith('--') && !(item.slice(2).split('=')[0] ?? '' in options))
  if (unknown !== undefined) return `Unknown option: ${unknown.split('=')[0]}.`
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true })
    const missing = command.arguments.slice(positionals.length).find(({ optional }) => !optional)
    if (missing) return `${command.words.join(' ')} needs ${missing.needs}.`
    const superfluous = positionals[command.arguments.length]
    if (superfluous !== undefined) return `Unknown argument: ${superfluous}.`
    return { command, args: positionals, options: values }
  } catch (error) {
    return `${(error as Error).message.split('.')[0]}.`
  }
}

/** Help for the command or the group that is named, or for all. */
export function helpFor(commands: readonly Command[], manual: Manual, given: readonly string[]): string {
  const words = given.slice(0, given.findIndex(isHelp))
  const named = commands.filter((command) => command.words.every((word, index) => words[index] === word))
  const group = commands.filter((command) => command.words[0] === words[0])
  const [only, ...others] = named.length > 0 ? named : group
  if (!only) return usageOf(commands, manual)
  return others.length > 0 ? usageOf([only, ...others], manual) : helpOf(only, manual)
}

function helpOf(command: Command, { usage, notes, exitCodes }: Manual): string {
  const { about, details } = command
  const ending = details?.includes('Exit codes') ? notes : [...notes, exitCodes]
  const paragraphs = [usage, `  ${formOf(command)}`, `${about}.`, details ?? '', ending.join('\n')]
  return paragraphs.filter((text) => text !== '').join('\n\n')
}

/** What is printed for help. */
export function usageOf(commands: readonly Command[], { usage, notes, exitCodes, otherExitCodes }: Manual): string {
  const rows = [
    ...commands.map((command): [string, string] => [formOf(command), command.about]),
    ['help', 'show this text'],
    ['--version', 'show the version'],
  ]
  const width = Math.max(...rows.map(([form = '']) => form.length))
  const lines = rows.map(([form = '', about]) => `  ${form.padEnd(width)}   ${about}`)
  return `${usage}\n\n${lines.join('\n')}\n\n${[...notes, exitCodes + otherExitCodes].join('\n')}`
}

function formOf({ words, arguments: args, options = {} }: Command): string {
  const optional = Object.entries(options).map(([name, value]) => `[--${name}${value === null ? '' : ` ${value}`}]`)
  return [...words, ...args.map(({ name, optional }) => (optional ? `[${name}]` : name)), ...optional].join(' ')
}

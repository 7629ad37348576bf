// Finds the command that is meant, and what is wrong with its arguments.
import { parseArgs } from 'node:util'
import type { Command } from './command.js'

interface Parsed {
  command: Command
  args: readonly string[]
  options: Readonly<Record<string, string | boolean | undefined>>
}

const USAGE = 'Usage: node dist/cli.js <command>, or npm run <command>'
const USER_FORMS = 'A <user> is an email address, a username or an id. "npx postern <command>" is the same program.'
const EXIT_CODES = 'Exit codes: 0 if the command succeeded, 1 if it did not; doctor: 1 if it found an error.'

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
export function helpFor(commands: readonly Command[], given: readonly string[]): string {
  const words = given.slice(0, given.findIndex(isHelp))
  const named = commands.filter((command) => command.words.every((word, index) => words[index] === word))
  const group = commands.filter((command) => command.words[0] === words[0])
  const [only, ...others] = named.length > 0 ? named : group
  if (!only) return usageOf(commands)
  return others.length > 0 ? usageOf([only, ...others]) : helpOf(only)
}

const helpOf = (command: Command): string => `${USAGE}

  ${formOf(command)}

${command.about}.${command.details === undefined ? '' : `\n\n${command.details}`}

${command.details?.includes('Exit codes') ? USER_FORMS : `${USER_FORMS}\n${EXIT_CODES}`}`

/** What is printed for help. */
export function usageOf(commands: readonly Command[]): string {
  const rows = [
    ...commands.map((command): [string, string] => [formOf(command), command.about]),
    ['help', 'show this text'],
  ]
  const width = Math.max(...rows.map(([form = '']) => form.length))
  const lines = rows.map(([form = '', about]) => `  ${form.padEnd(width)}   ${about}`)
  return `${USAGE}

${lines.join('\n')}

${USER_FORMS}
${EXIT_CODES} user import: 2 if it refused lines.`
}

function formOf({ words, arguments: args, options = {} }: Command): string {
  const optional = Object.entries(options).map(([name, value]) => `[--${name}${value === null ? '' : ` ${value}`}]`)
  return [...words, ...args.map(({ name, optional }) => (optional ? `[${name}]` : name)), ...optional].join(' ')
}

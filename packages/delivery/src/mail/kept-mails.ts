// The mails of development, as files: each process writes them, and each can show them.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** More than a person looks through. */
const MOST = 200

export interface KeptMail {
  /** Starts with the id of its event, so later ones sort last. */
  id: string
  at: string
  from: string
  to: string
  messageId: string
  subject: string
  text: string
  html: string
}

const ID = /^[0-9a-f-]{36}\.[a-z-]+(?:\.[a-z-]+)?$/
const FILE = /^(.+)\.json$/

export type KeptMails = ReturnType<typeof createKeptMails>

export function createKeptMails(directory: string) {
  const folder = resolve(directory)
  const pathOf = (id: string) => join(folder, `${id}.json`)

  /** The newest first. */
  async function ids(): Promise<string[]> {
    const names = await readdir(folder).catch(() => [])
    return names
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .filter((id) => ID.test(id))
      .sort()
      .reverse()
  }

  /** Null if there is no such mail. */
  async function find(id: string): Promise<KeptMail | null> {
    if (!ID.test(id)) return null
    const text = await readFile(pathOf(id), 'utf8').catch(() => null)
    return text === null ? null : (JSON.parse(text) as KeptMail)
  }

  return {
    folder,
    find,

    /** The newest first. */
    async list(): Promise<KeptMail[]> {
      const mails = await Promise.all((await ids()).slice(0, MOST).map(find))
      return mails.filter((mail) => mail !== null)
    },

    /** A mail that is kept again replaces the first one. It appears complete or not at all, and only its owner can read it. */
    async keep(mail: KeptMail): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const unfinished = join(folder, `.${mail.id}.${process.pid}`)
      await writeFile(unfinished, JSON.stringify(mail), { mode: 0o600 })
      await rename(unfinished, pathOf(mail.id))
      await Promise.all((await ids()).slice(MOST).map((id) => rm(pathOf(id), { force: true })))
    },
  }
}

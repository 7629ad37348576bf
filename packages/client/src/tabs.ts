// One task at a time in all tabs that share a session, and messages between them.
import { isPage } from './environment.js'

/**
 * Why a session is over: ended on purpose, ended elsewhere (`revoked`), expired or found to be over by a refresh, or ended
 * because a refresh token was used twice.
 */
export type SignOutReason = 'signed-out' | 'revoked' | 'expired' | 'reused'

/** A tab with another version of this package may send types that this version doesn't know. */
export const isSignOut = (type: string): type is SignOutReason =>
  ['signed-out', 'revoked', 'expired', 'reused'].includes(type)

/** A message to the other tabs. It never contains a token. */
export interface TabMessage {
  readonly type: 'signed-in' | 'refreshed' | SignOutReason
  /** Milliseconds of the clock that all tabs share. */
  readonly at: number
}

/** Coordinates the tabs or clients that share a session. */
export interface Tabs {
  /** Runs one task at a time. `waited`: another task was running when this one was requested. */
  alone<T>(task: (waited: boolean) => Promise<T>): Promise<T>
  post(type: TabMessage['type']): void
  close(): void
}

/** The parts of Web Locks and BroadcastChannel used here. Some versions of Node and some browser contexts lack them. */
interface Platform {
  readonly location?: { readonly href: string }
  readonly navigator?: {
    readonly locks?: {
      request<T>(name: string, options: object, task: (lock: unknown) => Promise<T>): Promise<T>
    }
  }
  readonly BroadcastChannel?: new (name: string) => {
    onmessage: ((event: { data: unknown }) => void) | null
    postMessage(message: TabMessage): void
    close(): void
    /** Only in Node.js, where a simulated page, such as in jsdom, must not keep the process alive. */
    unref?(): void
  }
}

/** For tokens that belong to this client alone. */
export function withinTab(): Tabs {
  let last: Promise<unknown> = Promise.resolve()
  let running = 0
  return {
    alone(task) {
      const waited = running++ > 0
      const mine = last.then(() => task(waited)).finally(() => running--)
      last = mine.catch(() => undefined)
      return mine
    },
    post: () => undefined,
    close: () => undefined,
  }
}

/** For cookies, which belong to the browser. Without Web Locks, only the tasks of one tab take turns. */
export function acrossTabs(url: string, timeout: number, receive: (message: TabMessage) => void): Tabs {
  const { location, navigator, BroadcastChannel } = globalThis as unknown as Platform
  if (!isPage()) return withinTab()
  const name = `postern:${new URL(url, location?.href).href}`
  let channel = BroadcastChannel && new BroadcastChannel(name)
  if (channel) channel.onmessage = ({ data }) => receive(data as TabMessage)
  channel?.unref?.()
  const locks = navigator?.locks
  const tab = withinTab()

  return {
    async alone(task) {
      if (!locks) return tab.alone(task)
      const free = await locks.request(
        name,
        { ifAvailable: true },
        async (lock) => lock && { result: await task(false) },
      )
      if (free) return (free as { result: Awaited<ReturnType<typeof task>> }).result
      const patience = new AbortController()
      const timer = setTimeout(() => patience.abort(), timeout)
      try {
        return await locks.request(name, { signal: patience.signal }, () => {
          clearTimeout(timer)
          return task(true)
        })
      } catch (error) {
        // Some browsers freeze a tab that holds the lock. The lock keeps order, but correctness doesn't depend on it.
        if (error !== patience.signal.reason) throw error
        return task(false)
      }
    },
    post: (type) => channel?.postMessage({ type, at: Date.now() }),
    close() {
      channel?.close()
      channel = undefined
    },
  }
}

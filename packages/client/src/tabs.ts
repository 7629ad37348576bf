/** Why a session is over: ended on purpose, found to be over, or because a refresh token was used twice. */
export type SignOutReason = 'signed-out' | 'expired' | 'reused'

/** Another tab may run another version of this package, and tell what this one does not know. */
export const isSignOut = (type: string): type is SignOutReason => ['signed-out', 'expired', 'reused'].includes(type)

/** What a tab lets the others know. Never a token. */
export interface News {
  readonly type: 'signed-in' | 'refreshed' | SignOutReason
  /** Milliseconds of the clock that all tabs share. */
  readonly at: number
}

/** Who else uses the same session, and how nobody gets in another's way. */
export interface Tabs {
  /** Runs one task at a time. `waited`: another one was under way when this was asked for. */
  alone<T>(task: (waited: boolean) => Promise<T>): Promise<T>
  tell(type: News['type']): void
}

/** The part of Web Locks and BroadcastChannel that is used here: Node has them in some versions, browsers by context. */
interface Platform {
  readonly location?: { readonly href: string }
  readonly navigator?: {
    readonly locks?: {
      request<T>(name: string, options: object, task: (lock: unknown) => Promise<T>): Promise<T>
    }
  }
  readonly BroadcastChannel?: new (name: string) => {
    onmessage: ((event: { data: unknown }) => void) | null
    postMessage(news: News): void
  }
}

/** The tokens are this tab's own: nobody else to ask. */
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
    tell: () => undefined,
  }
}

/** The cookies are the browser's: one task at a time in all tabs, as far as the browser has Web Locks. */
export function acrossTabs(url: string, timeout: number, hear: (news: News) => void): Tabs {
  const { location, navigator, BroadcastChannel } = globalThis as unknown as Platform
  // Not a page: the clients of a server that renders pages may be those of many people.
  if (!location) return withinTab()
  const name = `postern:${new URL(url, location.href).href}`
  const channel = BroadcastChannel && new BroadcastChannel(name)
  if (channel) channel.onmessage = ({ data }) => hear(data as News)
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
        // Some browsers freeze a tab with the lock in its hand. It keeps order and is no condition: the others go on.
        if (error !== patience.signal.reason) throw error
        return task(false)
      }
    },
    tell: (type) => channel?.postMessage({ type, at: Date.now() }),
  }
}

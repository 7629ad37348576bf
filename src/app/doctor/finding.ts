// What doctor found out about one subject.

export interface Finding {
  /** `error`: the service does not start, or not all of it works safely. `warning`: it works, but not as it should. */
  level: 'ok' | 'warning' | 'error'
  subject: string
  text: string
  /** What to do about it. */
  advice?: string
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text })

export const warning = (subject: string, text: string, advice: string): Finding => ({
  ...{ level: 'warning', subject, text, advice },
})

export const problem = (subject: string, text: string, advice: string): Finding => ({
  ...{ level: 'error', subject, text, advice },
})

// Loads the script of the captcha's provider, once.

/** What Turnstile and hCaptcha have in common. */
export interface CaptchaApi {
  render(
    container: HTMLElement,
    options: {
      sitekey: string
      callback: (token: string) => void
      'expired-callback': () => void
      'error-callback': () => void
    },
  ): string
  reset(widget: string): void
  remove(widget: string): void
}

/** How often to look whether a script that has loaded is ready, and for how long. */
const POLL_MS = 50
const PATIENCE_MS = 10_000

let loading: Promise<CaptchaApi> | null = null

const ready = (): CaptchaApi | undefined => {
  const { turnstile, hcaptcha } = window as { turnstile?: CaptchaApi; hcaptcha?: CaptchaApi }
  return turnstile ?? hcaptcha
}

/** Rejects if it can't be loaded; the next call tries again. */
export const loadCaptcha = (url: string): Promise<CaptchaApi> =>
  (loading ??= load(url).catch((error: unknown) => {
    loading = null
    throw error
  }))

function load(url: string): Promise<CaptchaApi> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script')
    const fail = () => {
      script.remove()
      reject(new Error('the script of the captcha could not be loaded'))
    }
    script.src = url
    script.async = true
    script.onerror = fail
    script.onload = () => {
      const began = performance.now()
      const poll = () => {
        const api = ready()
        if (api) resolve(api)
        else if (performance.now() - began > PATIENCE_MS) fail()
        else setTimeout(poll, POLL_MS)
      }
      poll()
    }
    document.head.append(script)
  })
}

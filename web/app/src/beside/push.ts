// Push notifications in this browser: its permission, its subscription, and the worker that shows them.

const WORKER = '/push-worker.js'

export const isPushKnown = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** Null if this browser has none. */
export async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(WORKER)
  return (await registration?.pushManager.getSubscription()) ?? null
}

/** Asks the person. Null if they, or the browser, refuse. `key`: of the deployment. */
export async function subscribeBrowser(key: string) {
  if ((await Notification.requestPermission()) !== 'granted') return null
  const registration = await navigator.serviceWorker.register(WORKER)
  await navigator.serviceWorker.ready
  // One of another key belongs to an earlier deployment.
  await (await registration.pushManager.getSubscription())?.unsubscribe()
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = subscription.toJSON()
  return { endpoint, p256dh, auth }
}

/**
 * For the end of a session: notifications are for who is signed in. The push service then says that the subscription is gone, and the
 * notification service forgets the device. Never rejects.
 */
export async function endPush(): Promise<void> {
  if (!isPushKnown()) return
  await currentSubscription()
    .then((subscription) => subscription?.unsubscribe())
    .catch(() => undefined)
}

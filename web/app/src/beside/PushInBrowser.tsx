// Switches push notifications in this browser on and off, where it and the deployment have them.
import { registerPushDevice, removePushDevice, pushDevices, webPushKey } from '@postern/client/notifications'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { Notice } from '../ui/Notice.js'
import { currentSubscription, isPushKnown, subscribeBrowser } from './push.js'

/** Where this browser keeps which of the devices it is. It is no secret. */
const DEVICE = 'postern-push-device'

async function load() {
  if (!isPushKnown()) return { key: null, isOn: false }
  const key = await webPushKey(client)
  if (key === null) return { key, isOn: false }
  const [devices, subscription] = await Promise.all([pushDevices(client), currentSubscription()])
  const id = localStorage.getItem(DEVICE)
  return { key, isOn: subscription !== null && devices.some((device) => device.id === id) }
}

export function PushInBrowser() {
  const { data, reload } = useLoaded(load)
  const [isDenied, setDenied] = useState(false)
  const turnOn = useAction(async (key: string) => {
    const subscription = await subscribeBrowser(key)
    setDenied(subscription === null)
    if (!subscription) return
    const { id } = await registerPushDevice(client, { webPush: subscription })
    localStorage.setItem(DEVICE, id)
    reload()
  })
  const turnOff = useAction(async () => {
    const id = localStorage.getItem(DEVICE)
    if (id !== null) await removePushDevice(client, id)
    localStorage.removeItem(DEVICE)
    await (await currentSubscription())?.unsubscribe()
    reload()
  })
  const key = data?.key
  if (key == null) return null
  return (
    <>
      <FormError error={turnOn.error ?? turnOff.error} />
      {isDenied && (
        <Notice tone="plain">This browser blocks notifications of this site. Allow them in its settings.</Notice>
      )}
      <div className="actions">
        {data?.isOn ? (
          <Button busy={turnOff.busy} onClick={turnOff.run}>
            Turn off push in this browser
          </Button>
        ) : (
          <Button busy={turnOn.busy} onClick={() => turnOn.run(key)}>
            Turn on push in this browser
          </Button>
        )}
      </div>
    </>
  )
}

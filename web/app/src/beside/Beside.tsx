// The sections of the services beside this one: notifications and consents, where the deployment has them.
import { accountPolicy } from '@postern/client/data'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'
import { Notifications } from './Notifications.js'
import { NotificationSettings } from './NotificationSettings.js'
import { Privacy } from './Privacy.js'

const load = () => accountPolicy(client)

/** Nothing until it is known. */
export function Beside() {
  const { data } = useLoaded(load)
  return (
    <>
      {data?.notificationsEnabled && <Notifications />}
      {data?.notificationsEnabled && <NotificationSettings />}
      {data?.consentsEnabled && <Privacy />}
    </>
  )
}

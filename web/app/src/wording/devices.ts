// What the pages call a device.
import { type Device, recognizeDevice } from '@postern/contract/devices'

/** An unknown header is shown unchanged, cut to 60 characters. */
export function describeDevice(userAgent: string | null | undefined): Device {
  if (!userAgent) return { name: 'Unknown device', kind: 'program' }
  const shown = userAgent.length > 60 ? `${userAgent.slice(0, 59)}…` : userAgent
  return recognizeDevice(userAgent) ?? { name: shown, kind: 'program' }
}

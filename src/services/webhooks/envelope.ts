// The form in which events leave Postern: CloudEvents 1.0.
import type { AnyEvent } from '../events/index.js'

export const toCloudEvent = ({ id, type, userId, seq, at, data }: AnyEvent, source: string): object => ({
  ...{ specversion: '1.0', id, source, type, subject: userId, time: at.toISOString(), data, seq },
})

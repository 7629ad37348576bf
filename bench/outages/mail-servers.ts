// SMTP servers on loopback: one for each worker, so that a mail says which worker has sent it.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { type Arrivals, createArrivals } from './arrivals.ts'

/** The servers refuse this address for good. */
export const REFUSED_ADDRESS = 'poison@example.com'

const MAILBOX_UNAVAILABLE = Object.assign(new Error('no such mailbox'), { responseCode: 550 })

export interface MailServers {
  /** By Message-ID, which begins with the id of the event. */
  mails: Arrivals
  /** Starts the server of a worker. Returns its SMTP_URL. */
  open(worker: string): Promise<string>
}

export function createMailServers(): MailServers {
  const mails = createArrivals()
  return {
    mails,
    async open(worker) {
      const server = new SMTPServer({
        authOptional: true,
        disabledCommands: ['STARTTLS'],
        onRcptTo: ({ address }, _session, done) => done(address === REFUSED_ADDRESS ? MAILBOX_UNAVAILABLE : null),
        onData(stream, _session, done) {
          void text(stream).then((raw) => {
            const { id, code } = read(raw)
            mails.add(id, { at: performance.now(), content: code, sender: worker })
            done()
          }, done)
        },
      })
      // A worker that is killed leaves its connections.
      server.on('error', () => undefined)
      server.listen(0, '127.0.0.1')
      await once(server.server, 'listening')
      onStop(() => {
        server.close()
      })
      return `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
    },
  }
}

/** The Message-ID, and the code, from the link in a quoted-printable part. */
function read(raw: string): { id: string; code: string } {
  const id = /^message-id:\s*<([^>]+)>/im.exec(raw)?.[1] ?? ''
  const code = /code=(\d{8})/.exec(raw.replaceAll('=\r\n', '').replaceAll('=3D', '='))?.[1] ?? ''
  return { id, code }
}

// Serves the mails of development at /mail, only to this machine.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Inbox } from '@postern/delivery/mail/inbox'
import { listPage, mailPage } from './inbox-page.js'
import { HTML } from './static-files.js'

/** The frame of a mail inherits it: no script, no request. The mail's own styles are inline. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i
const LOOPBACK_ADDRESS = /^(?:::1|(?:::ffff:)?127(?:\.\d+){3})$/

/** Mails have codes. A page of another site could send its own name here, so the name counts as well as the address. */
const isLocal = ({ raw }: FastifyRequest): boolean =>
  LOOPBACK_HOST.test(raw.headers.host ?? '') && LOOPBACK_ADDRESS.test(raw.socket.remoteAddress ?? '')

export function registerInbox(app: FastifyInstance, inbox: Inbox): void {
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, reply, next) => {
      if (!isLocal(request)) return reply.callNotFound()
      void reply.headers(headers)
      next()
    })
    scope.get('/mail', async (_, reply) => reply.type(HTML).send(listPage(await inbox.list())))
    scope.get('/mail.json', async () => inbox.list())
    scope.get<{ Params: { id: string } }>('/mail/:id', async ({ params }, reply) => {
      const mail = await inbox.find(params.id)
      if (!mail) return reply.callNotFound()
      return reply.type(HTML).send(mailPage(mail))
    })
    done()
  })
}

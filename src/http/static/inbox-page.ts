// The HTML of the inbox of development. Escapes every value.
import type { Inbox } from '@postern/delivery/mail/inbox'

type Kept = Awaited<ReturnType<Inbox['list']>>[number]

/** Text that is HTML already. */
interface Html {
  html: string
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A template in which every value is escaped, unless it is HTML from another template. */
function html(strings: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  const texts = values.map((value) => {
    if (typeof value === 'string') return value.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
    return Array.isArray(value) ? value.map((item) => item.html).join('\n') : value.html
  })
  return { html: String.raw({ raw: strings }, ...texts) }
}

const STYLE: Html = {
  html: `:root { color-scheme: light dark }
body { margin: 0 auto; max-width: 900px; padding: 24px; font: 16px/1.5 system-ui, sans-serif }
table { border-collapse: collapse; width: 100% }
th, td { padding: 6px 8px; border-bottom: 1px solid #8886; text-align: left }
iframe { width: 100%; height: 560px; border: 1px solid #8886; border-radius: 8px; background: Canvas }
pre { padding: 16px; border: 1px solid #8886; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere }`,
}

const page = (title: string, content: Html): string =>
  `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`.html
  }\n`

const NONE = html`<p>There are no mails yet. Register an account, for example.</p>`

/** The newest mail first. */
export function listPage(mails: readonly Kept[]): string {
  const rows = mails.map(
    ({ id, at, to, subject }) =>
      html`<tr>
        <td><a href="/mail/${id}">${subject}</a></td>
        <td>${to}</td>
        <td><time datetime="${at}">${at.replace('T', ' ').slice(0, 19)} UTC</time></td>
      </tr>`,
  )
  const table = html`<table>
    <thead>
      <tr>
        <th scope="col">Subject</th>
        <th scope="col">To</th>
        <th scope="col">Time</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
  return page(
    'Mails',
    html`<h1>Mails</h1>
      <p>Without SMTP_URL, mails are kept here instead of being sent.</p>
      ${rows.length > 0 ? table : NONE}`,
  )
}

/** Its links open in this tab, and nothing in it can run. */
const inTopFrame = (mail: string): string => mail.replace(/<head>/i, '<head><base target="_top">')

export function mailPage({ subject, from, to, messageId, at, ...mail }: Kept): string {
  return page(
    subject,
    html`<p><a href="/mail">All mails</a></p>
      <h1>${subject}</h1>
      <p>From: ${from}<br />To: ${to}<br />Date: ${at}<br />Message-ID: &lt;${messageId}&gt;</p>
      <iframe
        title="The mail as HTML"
        sandbox="allow-top-navigation-by-user-activation"
        srcdoc="${inTopFrame(mail.html)}"
      ></iframe>
      <h2>As text</h2>
      <pre>${mail.text}</pre>`,
  )
}

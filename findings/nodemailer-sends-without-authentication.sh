#!/usr/bin/env bash
# nodemailer sends mails without authenticating, although it has a user name and a password, if the server offers no AUTH.
#
# Version    nodemailer 10.6.1
# Behavior   With `auth: { user, pass }`, and a server whose EHLO response has no AUTH, `sendMail` does not log in and sends
#            the mail. There is no error, no warning and no event. With `forceAuth: true` it sends AUTH, and fails.
# Source     dist/esm/smtp-transport/index.js: it logs in if `connection.allowsAuth || options.forceAuth`, and otherwise
#            continues. Python's smtplib, for example, raises SMTPNotSupportedError.
# Why        Many servers offer AUTH only after STARTTLS, or on another port. With the wrong port, mails go out
#            unauthenticated. A server can accept those to its own domains and refuse the others, so it works in the first
#            tests.
#
# Needs node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nodemailer@10.6.1
cat >finding.mjs <<'JS'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import nodemailer from 'nodemailer'

/** Of all connections. */
const commands = []
const server = createServer((socket) => {
  const say = (line) => socket.write(`${line}\r\n`)
  let isContent = false
  say('220 mail.example.com ESMTP')
  createInterface(socket).on('line', (line) => {
    if (isContent) {
      isContent = line !== '.'
      if (!isContent) say('250 OK')
      return
    }
    commands.push(line.split(' ')[0])
    if (line.startsWith('EHLO')) return say('250 mail.example.com')
    if (line.startsWith('AUTH')) return say('502 Command not implemented')
    if (line === 'DATA') return (isContent = true), say('354 Go ahead')
    if (line === 'QUIT') return say('221 Bye')
    say('250 OK')
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

async function send(options) {
  commands.length = 0
  const auth = { user: 'user', pass: 'password' }
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: server.address().port, auth, ...options })
  const mail = { from: 'a@example.com', to: 'b@example.com', subject: 'Hello', text: 'Hello' }
  const result = await transport.sendMail(mail).then(
    ({ response }) => `sent (${response})`,
    ({ message }) => `failed (${message})`,
  )
  console.log(`${JSON.stringify(options)}: ${result}; commands: ${commands.join(' ')}`)
  return result.startsWith('sent') && !commands.includes('AUTH')
}
const withoutLogin = await send({})
const forced = await send({ forceAuth: true })
process.exit(withoutLogin && !forced ? 0 : 1)
JS
echo "nodemailer $(node -p "require('./node_modules/nodemailer/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: the mail is sent without authentication.'
else
  echo 'Changed: without AUTH, nothing is sent.'
  exit 1
fi

#!/usr/bin/env bash
# nodemailer sends addresses that are not ASCII to servers that do not support them.
#
# Version    nodemailer 10.6.1
# Behavior   For a recipient such as jörg@example.com, it adds SMTPUTF8 to MAIL FROM if the server offers the extension.
#            If the server does not, it sends the UTF-8 bytes in RCPT TO anyway, without an error of its own.
# Source     RFC 6531, section 3.2: to a server that does not offer the extension, a client must not transmit an
#            internationalized address.
# Why        What happens depends on the server: a syntax error, or a bounce later. Only the client can say that the server
#            does not support the address.
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

async function commandsWith(extensions) {
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
      commands.push(line)
      if (line.startsWith('EHLO')) return say(extensions.length ? `250-mail.example.com\r\n250 ${extensions}` : '250 mail')
      if (line === 'DATA') return (isContent = true), say('354 Go ahead')
      if (line === 'QUIT') return say('221 Bye')
      say('250 OK')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: server.address().port })
  await transport.sendMail({ from: 'a@example.com', to: 'jörg@example.com', subject: 'Hello', text: 'Hello' })
  server.close()
  return commands.filter((line) => /^(MAIL|RCPT)/.test(line))
}
const [supported, unsupported] = [await commandsWith('SMTPUTF8'), await commandsWith('')]
console.log('the server offers SMTPUTF8:', supported)
console.log('it does not:               ', unsupported)
const asFound = supported[0].endsWith('SMTPUTF8') && !unsupported[0].endsWith('SMTPUTF8') && unsupported[1].includes('jörg')
process.exit(asFound ? 0 : 1)
JS
echo "nodemailer $(node -p "require('./node_modules/nodemailer/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: the address is sent to a server that does not support it.'
else
  echo 'Changed: the address is not sent to a server that does not support it.'
  exit 1
fi

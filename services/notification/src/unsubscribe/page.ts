// The pages of links that unsubscribe. They need no script.

interface Page {
  kind: 'question' | 'done' | 'unknown' | 'later'
  appName: string
}

const TEXTS: Readonly<Record<Page['kind'], { title: string; text: string }>> = {
  question: { title: 'Unsubscribe', text: 'Do you want no more of these e-mails?' },
  done: {
    title: 'You are unsubscribed',
    text: 'You get no more of these e-mails. You can change this in your account.',
  },
  unknown: {
    title: 'This link is not valid',
    text: 'Use the whole link of the e-mail, or change this in your account.',
  },
  later: { title: 'That did not work', text: 'Nothing was changed. Try again in a moment.' },
}

const BUTTON = '<form method="post"><button>Unsubscribe</button></form>'

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`)

export function pageOf({ kind, appName }: Page): string {
  const { title, text } = TEXTS[kind]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${title} – ${escaped(appName)}</title>
<style>body{font:1rem/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
<h1>${title}</h1>
<p>${text}</p>
${kind === 'question' ? BUTTON : ''}
</html>
`
}

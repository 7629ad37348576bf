import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { createClient } from '../src/index.js'
import { useSession, useUsername } from '../src/react.js'

const createServerClient = (cookies: boolean) =>
  createClient({
    url: '/graphql',
    cookies,
    fetch: () => {
      throw new Error('rendering on a server sends no request')
    },
  })

it('renders a username field on a server, which sends no request', () => {
  const client = createServerClient(true)
  const Field = () => {
    const { username, state } = useUsername(client, { initial: 'ada' })
    return createElement('p', null, `${username} ${state.status}`)
  }
  expect(renderToString(createElement(Field))).toBe('<p>ada idle</p>')
})

it.each([true, false])('renders the session as loading on a server, with cookies: %s', (cookies) => {
  const client = createServerClient(cookies)
  const Status = () => createElement('p', null, useSession(client).status)
  expect(renderToString(createElement(Status))).toBe('<p>loading</p>')
})

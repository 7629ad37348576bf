import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { createClient } from '../src/index.js'
import { useUsername } from '../src/react.js'

it('renders on a server, which asks nobody', () => {
  const client = createClient({
    url: '/graphql',
    cookies: true,
    fetch: () => {
      throw new Error('a server has nothing to ask')
    },
  })
  const Field = () => {
    const { username, state } = useUsername(client, { initial: 'ada' })
    return createElement('p', null, `${username} ${state.status}`)
  }
  expect(renderToString(createElement(Field))).toBe('<p>ada idle</p>')
})

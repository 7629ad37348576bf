// Calls this app's own API from the browser, with the cookies.
'use client'
import { useState } from 'react'
import { client } from '../../lib/client'

/** The header proves that this page sent the request: other sites can't send it. */
const send = () => fetch('/api/me', { headers: { 'x-postern-cookies': '1' } })

export function CallApi() {
  const [answer, setAnswer] = useState('')

  async function call() {
    let response = await send()
    if (response.status === 401) {
      // The access token has expired. Any call of the client refreshes it, or rejects if the session is over.
      await client.profile()
      response = await send()
    }
    setAnswer(await response.text())
  }

  return (
    <p>
      <button onClick={() => void call()}>Call the API</button> <output>{answer}</output>
    </p>
  )
}

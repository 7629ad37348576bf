// The frame of every page.
import type { Metadata } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { SessionStatus } from './session-status'

export const metadata: Metadata = { title: 'Postern with Next.js', icons: 'data:,' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body style={{ fontFamily: 'system-ui, sans-serif', maxWidth: '40rem', margin: '2rem auto', padding: '0 1rem' }}>
        <header style={{ display: 'flex', gap: '1rem', justifyContent: 'space-between' }}>
          <nav style={{ display: 'flex', gap: '1rem' }}>
            <Link href="/">Home</Link>
            <Link href="/account" prefetch={false}>
              Account
            </Link>
          </nav>
          <SessionStatus />
        </header>
        <main>{children}</main>
      </body>
    </html>
  )
}

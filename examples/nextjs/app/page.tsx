// A public page. It is rendered once, at build time, so it must not contain anything about the visitor.
export default function Home() {
  return (
    <>
      <h1>Home</h1>
      <p>This page is the same for everyone. The status above comes from the browser.</p>
    </>
  )
}

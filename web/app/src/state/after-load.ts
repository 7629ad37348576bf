// Waits until the browser has loaded the document and what it names, so that the rest does not compete with it.

/** Calls `work` then. Returns a function that keeps it from being called. */
export function afterLoad(work: () => void): () => void {
  if (document.readyState === 'complete') {
    work()
    return () => undefined
  }
  window.addEventListener('load', work)
  return () => window.removeEventListener('load', work)
}

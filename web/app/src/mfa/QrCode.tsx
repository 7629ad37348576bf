// Draws a QR code in the page: what it says is sent nowhere.
import { correction, generate } from 'lean-qr/nano'
import { useMemo } from 'react'

/** The quiet zone around it, in modules. */
const QUIET = 4

/** One square for each dark module. */
function pathOf(text: string): { path: string; size: number } {
  const code = generate(text, { minCorrectionLevel: correction.M })
  let path = ''
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`
  return { path, size: code.size + 2 * QUIET }
}

/** Dark on light in every color scheme: many apps read nothing else. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => pathOf(text), [text])
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

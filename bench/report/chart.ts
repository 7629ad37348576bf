// Draws bars as an SVG that is readable on light and dark backgrounds.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Bar } from './results.ts'

interface Chart {
  /** In this folder's parent. */
  file: string
  title: string
  subtitle: string
  label: string
  format: (value: number) => string
}

const WIDTH = 760
const LABELS = 250
const FIGURES = 70
const ROW = 34
const TOP = 56

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function bar(
  { name, value, low: least, high: most }: Bar,
  row: number,
  scale: number,
  format: Chart['format'],
): string {
  const y = TOP + row * ROW
  const [end, low, high] = [value, least, most].map((each) => LABELS + each * scale) as [number, number, number]
  const ours = name.startsWith('Postern') ? ' ours' : ''
  const at = (x: number) => x.toFixed(1)
  return `
  <text x="${LABELS - 12}" y="${y + 16}" class="name${ours}">${escape(name)}</text>
  <rect x="${LABELS}" y="${y}" width="${at(end - LABELS)}" height="22" rx="3" class="bar${ours}"/>
  <path d="M${at(low)} ${y + 11}H${at(high)}M${at(low)} ${y + 7}v8M${at(high)} ${y + 7}v8" class="range"/>
  <text x="${at(Math.max(end, high) + 8)}" y="${y + 16}" class="figure">${format(value)}</text>`
}

/** In the order given. */
export function drawChart(bars: readonly Bar[], { file, title, subtitle, label, format }: Chart): void {
  const scale = (WIDTH - LABELS - FIGURES) / Math.max(...bars.map(({ high }) => high))
  const height = TOP + bars.length * ROW + 8
  writeFileSync(
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(label)}">
  <style>
    text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
    .title { font-size: 16px; font-weight: 600; fill: #1f2328 }
    .name { text-anchor: end }
    .name.ours, .figure { fill: #1f2328 }
    .name.ours { font-weight: 600 }
    .bar { fill: #b6bfc9 }
    .bar.ours { fill: #0f7b6c }
    .range { stroke: #57606a; fill: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #9198a1 }
      .title, .name.ours, .figure { fill: #f0f6fc }
      .bar { fill: #4a535e }
      .bar.ours { fill: #2ba08f }
      .range { stroke: #d1d7e0 }
    }
  </style>
  <text x="0" y="18" class="title">${escape(title)}</text>
  <text x="0" y="38">${escape(subtitle)}</text>${bars.map((each, row) => bar(each, row, scale, format)).join('')}
</svg>
`,
  )
}

// The colors of the pages that follow from one accent color, adjusted until text in them and on them is legible.

type Color = readonly [red: number, green: number, blue: number]

const WHITE: Color = [255, 255, 255]
const BLACK: Color = [0, 0, 0]

/** The grounds that the accent color is on: those of web/app/src/styles/tokens.css with the least contrast. */
const LIGHT_GROUND: Color = [0xf3, 0xf1, 0xec]
const DARK_GROUND: Color = [0x2d, 0x2e, 0x2b]
/** Text on the accent color in the dark scheme. */
const DARK_INK: Color = [0x13, 0x14, 0x12]

/** WCAG 2.2, 1.4.3, with a little to spare for rounding. */
const LEAST_CONTRAST = 4.6
const STEP = 0.02

export const parseColor = (hex: string): Color => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
]

const toHex = (color: Color): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`

/** `share` of `other`, 0 to 1. */
const mix = ([r, g, b]: Color, [r2, g2, b2]: Color, share: number): Color => [
  Math.round(r + (r2 - r) * share),
  Math.round(g + (g2 - g) * share),
  Math.round(b + (b2 - b) * share),
]

/** WCAG's relative luminance. */
function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const value = part / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

export function contrast(one: Color, other: Color): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

/** The nearest color, towards `end`, that is legible on the ground. */
function legible(color: Color, ground: Color, end: Color): Color {
  for (let share = 0; share < 1; share += STEP) {
    const mixed = mix(color, end, share)
    if (contrast(mixed, ground) >= LEAST_CONTRAST) return mixed
  }
  return end
}

/** Replaces the accents of tokens.css, and the colors of the picture. */
export function stylesheetOf(accentColor: string): Buffer {
  const accent = parseColor(accentColor)
  const light = legible(accent, LIGHT_GROUND, BLACK)
  const dark = legible(accent, DARK_GROUND, WHITE)
  const scene = mix(light, BLACK, 0.25)
  const night = mix(light, BLACK, 0.75)
  const pairs: Record<string, readonly [Color, Color]> = {
    '--accent': [light, dark],
    '--accent-strong': [mix(light, BLACK, 0.25), mix(dark, WHITE, 0.25)],
    '--on-accent': [WHITE, DARK_INK],
    '--scene': [scene, night],
    '--scene-line': [mix(scene, WHITE, 0.08), mix(night, WHITE, 0.08)],
    '--scene-ink': [mix(scene, WHITE, 0.88), mix(night, WHITE, 0.75)],
    '--scene-dark': [mix(scene, BLACK, 0.4), mix(night, BLACK, 0.4)],
  }
  const lines = Object.entries(pairs).map(([name, [day, dusk]]) => `${name}:light-dark(${toHex(day)},${toHex(dusk)})`)
  return Buffer.from(`:root{${lines.join(';')}}\n`)
}

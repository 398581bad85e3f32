// Derives the accent colours of the pages from one colour: legible on every surface, in light and in dark.

import { contrast, fromOklch, toOklch, type Hex, type Oklch } from './colour.ts'
import type { AccentColours, Palette } from './organisation-settings.ts'

/** WCAG 2.2, 1.4.3 (AA): text of normal size. */
export const minimumContrast = 4.5

/** Surfaces on which the accent is text (`web/kit/assets/style/base.css`). */
export const surfaces = {
  light: ['#f5f4f0', '#ffffff', '#faf9f7'],
  dark: ['#121417', '#1a1d21', '#20242a'],
} as const

/** The wanted colour where it is legible in light, else the nearest one that is: the same hue, darker. */
export function accentColours(wanted: Hex): AccentColours {
  const colour = toOklch(wanted)
  return { light: lightPalette(wanted, colour), dark: darkPalette(colour) }
}

function lightPalette(wanted: Hex, colour: Oklch): Palette {
  const tint = fromOklch({ l: 0.945, c: Math.min(colour.c, 0.018), h: colour.h })
  const grounds = [...surfaces.light, tint]
  const accent = isLegible(wanted, grounds) ? wanted : nearest(colour, grounds, 'darker')
  const strong = fromOklch({ ...toOklch(accent), l: toOklch(accent).l - 0.08 })
  return { accent, strong, on: '#ffffff', tint }
}

/** Light enough to be text on dark surfaces, and calm: no more chroma than the colours beside it. */
function darkPalette({ c, h }: Oklch): Palette {
  const tint = fromOklch({ l: 0.29, c: Math.min(c, 0.03), h })
  const accent = nearest({ l: 0.82, c: Math.min(c, 0.11), h }, [...surfaces.dark, tint], 'lighter')
  const strong = fromOklch({ ...toOklch(accent), l: Math.min(0.97, toOklch(accent).l + 0.06) })
  return { accent, strong, on: fromOklch({ l: 0.22, c: Math.min(c, 0.04), h }), tint }
}

function nearest(colour: Oklch, grounds: readonly Hex[], direction: 'darker' | 'lighter'): Hex {
  const step = direction === 'darker' ? -0.005 : 0.005
  let { l } = colour
  let found = fromOklch(colour)
  // Ends: black and white are legible on the surfaces of the other kind.
  while (!isLegible(found, grounds) && l > 0 && l < 1) {
    l += step
    found = fromOklch({ ...colour, l })
  }
  return found
}

function isLegible(colour: Hex, grounds: readonly Hex[]): boolean {
  return grounds.every((ground) => contrast(colour, ground) >= minimumContrast)
}

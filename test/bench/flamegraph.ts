// Flame graph as SVG: callers above callees, width proportional to time.

import { escapeText, svg } from './svg.ts'
import type { Frame } from './profile.ts'

const width = 1200
const row = 17
const head = 62
/** Frames narrower than this part of the whole are omitted. */
const least = 0.0015

/** `title` stands above; the colour shows the owner of the code. */
export function drawFlamegraph(tree: Frame, title: string): string {
  const rooms = [...roomTotals(tree)].toSorted(([, a], [, b]) => b - a).map(([room]) => room)
  const colours = new Map(rooms.map((room) => [room, colourOf(room)]))
  const parts: string[] = []
  let depth = 0
  const draw = (frame: Frame, x: number, level: number): void => {
    const share = frame.total / tree.total
    if (share < least) return
    depth = Math.max(depth, level)
    const [left, wide, top] = [x * width, share * width, head + level * row]
    const text = frame.name.slice(0, Math.max(0, Math.floor((wide - 4) / 6.7)))
    const label = text.length < 3 ? '' : `<text x="${(left + 3).toFixed(1)}" y="${top + 12}">${escapeText(text)}</text>`
    const colour = colours.get(frame.room) ?? '#999999'
    parts.push(
      `<g><title>${escapeText(`${frame.name} · ${frame.room} · ${(share * 100).toFixed(1)} %`)}</title>` +
        `<rect x="${left.toFixed(1)}" y="${top}" width="${Math.max(0.5, wide - 0.5).toFixed(1)}" height="${row - 1}" fill="${colour}"/>${label}</g>`,
    )
    let at = x
    for (const child of frame.children) {
      draw(child, at, level + 1)
      at += child.total / tree.total
    }
  }
  draw(tree, 0, 0)
  const legend = [...roomTotals(tree)].toSorted(([, a], [, b]) => b - a).slice(0, 9)
  let at = 0
  const key = legend.map(([room, self]) => {
    const text = `${room} ${((self / tree.total) * 100).toFixed(0)} %`
    const one =
      `<rect x="${at}" y="34" width="11" height="11" fill="${colours.get(room)}"/>` +
      `<text class="plain" x="${at + 15}" y="44">${escapeText(text)}</text>`
    at += 24 + text.length * 6.3
    return one
  })
  const heading = `<text class="plain title" x="0" y="20">${escapeText(title)}</text>`
  return svg(
    width,
    head + (depth + 1) * row + 4,
    title,
    [heading, ...key, ...parts],
    '.bar text, g text { fill: #111 }',
  )
}

function roomTotals(tree: Frame): Map<string, number> {
  const totals = new Map<string, number>()
  const visit = (frame: Frame): void => {
    if (frame.self > 0) totals.set(frame.room, (totals.get(frame.room) ?? 0) + frame.self)
    frame.children.forEach(visit)
  }
  visit(tree)
  return totals
}

/** A folder has the same colour in every picture: src/ warm, Node cold, packages green, the rest grey. */
function colourOf(room: string): string {
  if (room === 'all') return '#b8bec6'
  const place = [...room].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7)
  if (room.startsWith('src')) return `hsl(${10 + (place % 45)} 85% ${62 + (place % 3) * 5}%)`
  if (room.startsWith('node:')) return `hsl(${195 + (place % 50)} 65% ${66 + (place % 3) * 5}%)`
  if (room.startsWith('garbage')) return '#c99ad6'
  if (room.startsWith('runtime')) return '#aab2bb'
  return `hsl(${95 + (place % 60)} 45% ${62 + (place % 3) * 5}%)`
}

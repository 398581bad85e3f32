// Line charts and histograms as SVG, with labelled axes.

import { escapeText, svg } from './svg.ts'

export interface Panel {
  readonly label: string
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[]
}

export interface Curves {
  readonly title: string
  readonly x: string
  /** Logarithmic axis. */
  readonly logarithmic: boolean
  readonly panels: readonly Panel[]
}

const [panelWidth, panelHeight, left, top, gap] = [420, 220, 60, 70, 80] as const
const letters = ['a', 'b', 'c', 'd'] as const

/** Panels side by side with the same x axis. */
export function drawCurves({ title, x, logarithmic, panels }: Curves): string {
  const parts = [`<text class="plain title" x="0" y="20">${escapeText(title)}</text>`]
  const place = (value: number): number => (logarithmic ? Math.log10(Math.max(value, 1)) : value)
  panels.forEach((panel, at) => {
    const from = left + at * (panelWidth + gap)
    const points = panel.series.flatMap((one) => one.points)
    const xs = points.map(([value]) => place(value))
    const [least, most] = [logarithmic ? Math.floor(Math.min(...xs)) : 0, Math.max(...xs, least0(xs))]
    const highest = roundUp(Math.max(...points.map(([, y]) => y)))
    const toX = (value: number): number => from + ((place(value) - least) / (most - least || 1)) * panelWidth
    const toY = (value: number): number => top + panelHeight - (value / highest) * panelHeight
    parts.push(`<text class="plain" x="${from - 50}" y="${top - 14}">${escapeText(panel.label)}</text>`)
    parts.push(...yAxis(from, highest, toY))
    for (const value of xTicks(least, most, logarithmic))
      parts.push(
        `<text class="plain" text-anchor="middle" x="${round(toX(value))}" y="${top + panelHeight + 18}">${spell(value)}</text>`,
      )
    parts.push(
      `<text class="plain" text-anchor="middle" x="${from + panelWidth / 2}" y="${top + panelHeight + 38}">${escapeText(x)}</text>`,
    )
    panel.series.forEach(({ name, points }, index) => {
      const path = points.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${round(toX(a))} ${round(toY(b))}`).join(' ')
      const dots =
        points.length > 30 ? '' : points.map(([a, b]) => dot(toX(a), toY(b), `${spell(a)}: ${spell(b)}`)).join('')
      const key = `<text class="key" x="${from + 6}" y="${top + 14 + index * 16}">${escapeText(name)}</text>`
      parts.push(
        `<g class="${letters[index % 4]}"><path class="series" d="${path}"/>${dots}${panel.series.length > 1 ? key : ''}</g>`,
      )
    })
  })
  return svg(left + panels.length * (panelWidth + gap) - gap + 10, top + panelHeight + 52, title, parts)
}

export interface Histogram {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[]
  /** A line at the expected limit. */
  readonly marks: readonly { readonly at: number; readonly name: string }[]
}

/** Histograms one above the other, with the same axis. */
export function drawHistogram({ title, x, y, groups, marks }: Histogram): string {
  const width = 860
  const height = 130
  const most = roundUp(Math.max(...groups.flatMap(({ values }) => values), ...marks.map(({ at }) => at)) * 1.02)
  const bins = 86
  const toX = (value: number): number => left + (value / most) * width
  const parts = [`<text class="plain title" x="0" y="20">${escapeText(title)}</text>`]
  groups.forEach(({ name, values }, index) => {
    const base = 60 + (index + 1) * (height + 34)
    const counts = Array.from({ length: bins }, () => 0)
    for (const value of values) counts[Math.min(bins - 1, Math.floor((value / most) * bins))]!++
    const highest = Math.max(1, ...counts)
    const text = `${name}: ${values.length} ${y}`
    parts.push(`<text class="plain" x="${left}" y="${base - height - 8}">${escapeText(text)}</text>`)
    parts.push(`<text class="plain" text-anchor="end" x="${left - 6}" y="${base - height + 10}">${highest}</text>`)
    parts.push(`<line class="line" x1="${left}" x2="${left + width}" y1="${base}" y2="${base}"/>`)
    const bars = counts.flatMap((count, bin) => {
      if (count === 0) return []
      const tall = Math.max(1, (count / highest) * height)
      const [from, to] = [(bin * most) / bins, ((bin + 1) * most) / bins]
      return `<rect class="bar" x="${round(toX(from))}" y="${round(base - tall)}" width="${round(width / bins - 1)}" height="${round(tall)}"><title>${spell(from)} to ${spell(to)}: ${count}</title></rect>`
    })
    parts.push(`<g class="${letters[index % 4]}">${bars.join('')}</g>`)
    for (const { at, name } of marks) {
      parts.push(
        `<line class="line" stroke-dasharray="4 3" x1="${round(toX(at))}" x2="${round(toX(at))}" y1="${base - height}" y2="${base}"/>`,
      )
      if (index === 0)
        parts.push(
          `<text class="plain" text-anchor="end" x="${round(toX(at) - 4)}" y="${base - height + 10}">${escapeText(name)}</text>`,
        )
    }
  })
  const bottom = 60 + groups.length * (height + 34)
  for (const value of xTicks(0, most, false))
    parts.push(
      `<text class="plain" text-anchor="middle" x="${round(toX(value))}" y="${bottom + 18}">${spell(value)}</text>`,
    )
  parts.push(
    `<text class="plain" text-anchor="middle" x="${left + width / 2}" y="${bottom + 38}">${escapeText(x)}</text>`,
  )
  return svg(left + width + 20, bottom + 50, title, parts)
}

function yAxis(from: number, highest: number, toY: (value: number) => number): string[] {
  // Round steps: a fifth of 1, 2.5 and 5, a quarter of 2.
  const steps = String(highest).replace(/[0.]/g, '') === '2' ? 4 : 5
  return Array.from({ length: steps + 1 }, (_, at) => at / steps).flatMap((part) => {
    const y = round(toY(highest * part))
    return [
      `<line class="line" x1="${from}" x2="${from + panelWidth}" y1="${y}" y2="${y}"/>`,
      `<text class="plain" text-anchor="end" x="${from - 8}" y="${round(y + 4)}">${spell(highest * part)}</text>`,
    ]
  })
}

function xTicks(least: number, most: number, logarithmic: boolean): number[] {
  if (logarithmic) return Array.from({ length: Math.floor(most) - least + 1 }, (_, at) => 10 ** (least + at))
  const step = roundUp((most - least) / 8)
  return Array.from({ length: Math.floor((most - least) / step) + 1 }, (_, at) => least + at * step)
}

function least0(xs: readonly number[]): number {
  return Math.min(...xs) + 1e-9
}

function dot(x: number, y: number, text: string): string {
  return `<circle class="dot" cx="${round(x)}" cy="${round(y)}" r="3.5"><title>${escapeText(text)}</title></circle>`
}

/** Rounds up to 1, 2, 2.5 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.999999)!
}

function spell(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

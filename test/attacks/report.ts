// Report of an attack run: a table by class, then every case that was not blocked, does not apply, or has a remark.

import { classes } from './case.ts'
import type { AttackResult } from './run.ts'

export function report(ended: readonly AttackResult[]): string {
  const rows = classes.flatMap((name) => {
    const own = ended.filter((one) => one.class === name && one.origin === 'own')
    const corpus = ended.filter((one) => one.class === name && one.origin === 'corpus')
    return own.length + corpus.length === 0 ? [] : [row(name, own, corpus)]
  })
  const own = ended.filter(({ origin }) => origin === 'own')
  const corpus = ended.filter(({ origin }) => origin === 'corpus')
  const head = ['class', 'own: tried', 'held', 'corpus: tried', 'held', 'not applicable']
  const lines = table([head, ...rows, row('all', own, corpus)])
  return [
    ...lines,
    ...section('Not held', ended, 'not held', (one) => `${mark(one)}${one.name}\n    ${one.detail}`),
    ...section('Not applicable', ended, 'not applicable', (one) => `${mark(one)}${one.name}: ${one.detail}`),
    ...notes(ended),
    '',
  ].join('\n')
}

function row(name: string, own: readonly AttackResult[], corpus: readonly AttackResult[]): string[] {
  const held = (some: readonly AttackResult[]): number => some.filter(({ outcome }) => outcome === 'held').length
  const idle = corpus.filter(({ outcome }) => outcome === 'not applicable').length
  return [name, own.length, held(own), corpus.length - idle, held(corpus), idle].map(String)
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(rows[0]!), rule, ...rows.slice(1, -1).map(line), rule, line(rows.at(-1)!)]
}

function section(
  title: string,
  ended: readonly AttackResult[],
  outcome: AttackResult['outcome'],
  print: (one: AttackResult) => string,
): string[] {
  const some = ended.filter((one) => one.outcome === outcome)
  return some.length === 0 ? [] : ['', `${title}:`, ...some.map((one) => `  ${print(one)}`)]
}

function notes(ended: readonly AttackResult[]): string[] {
  const some = ended.filter(({ note }) => note !== undefined)
  return some.length === 0 ? [] : ['', 'How it held:', ...some.map(({ name, note }) => `  ${name}: ${note}`)]
}

function mark({ core }: AttackResult): string {
  return core ? '[core] ' : ''
}

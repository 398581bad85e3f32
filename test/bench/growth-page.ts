// `npm run bench -- --growth`: curves, charts, and the section of docs/explanation/performance.md.

import { drawCurves } from './chart.ts'
import { growSockets, measureSlowReader, type GrownSockets, type SlowReadResult } from './growth-sockets.ts'
import {
  growApps,
  growGrants,
  growSessions,
  type Grown,
  type GrownApps,
  type GrownSessions,
  type Pace,
  type Point,
} from './growth.ts'
import type { Environment } from './environment.ts'
import { printSpread } from './result-ratios.ts'
import { table } from './report.ts'
import { reasonOf } from './rounds.ts'

/** All measurements; undefined: failed, see `problems`. */
export interface Growth {
  readonly apps: GrownApps | undefined
  readonly grants: Grown | undefined
  readonly sessions: GrownSessions | undefined
  readonly sockets: GrownSockets | undefined
  readonly poured: SlowReadResult | undefined
  readonly problems: readonly string[]
}

/** `part`: 1 for the sizes of the documentation, less for a trial. */
export async function grow(ground: Environment, pace: Pace, part = 1): Promise<Growth> {
  const problems: string[] = []
  // Without duplicates: each size is a gateway of its own.
  const some = (...counts: number[]): number[] => [
    ...new Set(counts.map((count) => (count === 10 ? 10 : Math.max(10, Math.round(count * part))))),
  ]
  const attempt = async <Value>(name: string, work: () => Promise<Value>): Promise<Value | undefined> => {
    pace.progress(name)
    return work().catch((error: unknown) => void problems.push(`${name}: ${reasonOf(error)}`))
  }
  return {
    apps: await attempt('apps', () => growApps(ground, some(10, 100, 1000), pace)),
    grants: await attempt('grants', () => growGrants(ground, some(10, 1000, 10_000), pace)),
    sessions: await attempt('sessions', () =>
      growSessions(ground, some(10, 100_000), some(10, 1000, 10_000, 100_000), pace),
    ),
    sockets: await attempt('WebSockets', () => growSockets(ground, some(1000, 2500, 5000, 10_000), pace)),
    poured: await attempt('a long body', () => measureSlowReader(ground, 1e9 * part, 6e7)),
    problems,
  }
}

/** SVG by file name. */
export function growthPictures({ apps, grants, sessions, sockets, poured }: Growth): Map<string, string> {
  const pictures = new Map<string, string>()
  const curves = (name: string, title: string, x: string, grown: Grown | undefined): void => {
    if (grown === undefined) return
    const cost = grown.points.map(({ count, ratio }) => [count, ratio.median] as const)
    const heap = grown.points.map(({ count, heap }) => [count, heap] as const)
    pictures.set(
      `performance-growth-${name}.svg`,
      drawCurves({
        title,
        x,
        logarithmic: true,
        panels: [
          { label: 'cost of a request, to that with ten', series: [{ name: 'cost', points: cost }] },
          { label: 'memory in use, MB', series: [{ name: 'memory', points: heap }] },
        ],
      }),
    )
  }
  curves('apps', 'More applications, 20 rules each, all of them asked in turn', 'applications', apps)
  curves('grants', 'More grants', 'grants', grants)
  curves('sessions', 'More sessions in use, of those in the store', 'sessions in use', sessions?.used)
  if (sockets !== undefined) {
    const points = (pick: (one: GrownSockets['points'][0]) => number) =>
      sockets.points.map((one) => [one.count, pick(one)] as const)
    pictures.set(
      'performance-growth-websockets.svg',
      drawCurves({
        title: 'Idle WebSockets',
        x: 'WebSockets',
        logarithmic: false,
        panels: [
          {
            label: 'memory, MB',
            series: [
              { name: 'resident', points: points(({ resident }) => resident) },
              { name: 'in use', points: points(({ heap }) => heap) },
            ],
          },
        ],
      }),
    )
  }
  if (poured !== undefined) {
    pictures.set(
      'performance-body.svg',
      drawCurves({
        title: 'A body of 1 GB to a client that reads slowly',
        x: 'seconds',
        logarithmic: false,
        panels: [{ label: 'resident memory, MB', series: [{ name: 'resident', points: poured.points }] }],
      }),
    )
  }
  return pictures
}

export function growthSection(growth: Growth): string {
  const { apps, grants, sessions, sockets, poured, problems } = growth
  const cost = (point: Point | undefined, words: (count: string) => string, grown: Grown | undefined): string[] => {
    const count = grown?.points.at(-1)?.count.toLocaleString('en') ?? 'more'
    const what = `cost of a request, ${words(count)}, to 10`
    if (point === undefined) return [what, '–', 'at most 1.15', 'not measured']
    return [what, printSpread(point.ratio), 'at most 1.15', point.ratio.median <= 1.15 ? 'reached' : 'not reached']
  }
  const most = (what: string, value: number | undefined, limit: number, unit: string): string[] => [
    what,
    value === undefined ? '–' : `${value.toFixed(1)} ${unit}`,
    `at most ${limit} ${unit}`,
    value === undefined ? 'not measured' : value <= limit ? 'reached' : 'not reached',
  ]
  const lines = [
    ['', 'measured', 'set out', ''],
    cost(apps?.tenInUse, (count) => `${count} applications of 20 rules, ten of them in use`, apps),
    cost(apps?.points.at(-1), (count) => `${count} applications of 20 rules, all asked in turn`, apps),
    cost(grants?.points.at(-1), (count) => `${count} grants`, grants),
    cost(
      sessions?.stored.points.at(-1),
      (count) => `${count} sessions in the store, ten of them in use`,
      sessions?.stored,
    ),
    ...(sessions?.used.points ?? [])
      .slice(1)
      .map(({ count, ratio }) => [
        `cost of a request, ${count.toLocaleString('en')} sessions in use, to 10${count > 20_000 ? ' (more than a node keeps in memory: the store is asked for each)' : ''}`,
        printSpread(ratio),
        '',
        '',
      ]),
    most('memory of a cached session, of 10,000', sessions && sessions.perSession / 1000, 4, 'kB'),
    [
      'memory of a further cached session, from the 2,500th to the 10,000th',
      sessions === undefined ? '–' : `${(sessions.perFurther / 1000).toFixed(1)} kB`,
      '',
      '',
    ],
    most(
      `resident memory of an idle WebSocket, of ${(sockets?.points.at(-1)?.count ?? 0).toLocaleString('en')}`,
      sockets && sockets.perSocket / 1000,
      60,
      'kB',
    ),
    ['cost of a request beside all those WebSockets, to without', printSpread(sockets?.ratio), '', ''],
    most('rise of memory over a body of 1 GB to a slow reader', poured?.rise, 24, 'MB'),
  ]
  const pictures = [...growthPictures(growth).keys()].map(
    (name) => `![${name.replace(/\.svg$/, '').replaceAll('-', ' ')}](../pictures/${name})`,
  )
  const notes = [
    ...problems.map((one) => `failed: ${one}`),
    ...(sockets?.limited === undefined ? [] : [`fewer WebSockets: ${sockets.limited}`]),
  ]
  return [table(lines), ...(notes.length === 0 ? [] : [notes.map((one) => `- ${one}`).join('\n')]), ...pictures].join(
    '\n\n',
  )
}

// Runs the attempts in Chromium against a real gateway, and observes what reached the application or changed.

import { setTimeout as pause } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { domain, type Environment } from '../attacks/environment.ts'
import { plainRequest } from '../attacks/run-raw-attack.ts'
import { attempts, helpers, type Actor, type Attempt, type Outcome } from './attempts.ts'
import { openPage, pathOf, type Stage } from './browser.ts'

export interface Tried {
  readonly attempt: Attempt
  readonly came: Outcome
  /** What the page learned, and what arrived. */
  readonly seen: string
}

export async function runAttempts(
  { ground, profile }: Stage,
  chosen: readonly Attempt[] = attempts,
): Promise<readonly Tried[]> {
  const context = await profile(['wiki', 'odd', 'access'])
  const pages = new Map<Actor, Page>()
  const actors: Readonly<Record<Actor, string>> = {
    'another application': `${ground.origin('odd')}/attack`,
    'own page': `${ground.origin('wiki')}/app/page`,
    'trusted page': `${ground.origin('shop')}/`,
  }
  const tried: Tried[] = []
  try {
    for (const [at, attempt] of chosen.entries()) {
      const page = pages.get(attempt.actor) ?? (await openPage(context, actors[attempt.actor]))
      pages.set(attempt.actor, page)
      tried.push(await run(ground, context, page, attempt, at))
    }
  } finally {
    await context.close()
  }
  return tried
}

async function run(
  ground: Environment,
  context: BrowserContext,
  page: Page,
  attempt: Attempt,
  at: number,
): Promise<Tried> {
  const url = targetOf(ground, attempt, at)
  const before = ground.upstream.requests.length
  const told = await page.evaluate<unknown>(`(async (url) => { ${helpers} ${attempt.script} })(${JSON.stringify(url)})`)
  await pause(30)
  for (const other of context.pages()) if (other.url() === url) await other.close()
  const learned = told === undefined ? '' : String(told)
  if (attempt.target !== 'application') {
    const live = await isSignedIn(ground)
    return { attempt, came: live ? 'refused' : 'accepted', seen: learned }
  }
  const marked = ground.upstream.requests.slice(before).filter((one) => pathOf(one) === new URL(url).pathname)
  const arrived = marked.filter((one) => one.values('x-forwarded-user').length > 0)
  const lines = arrived.map(({ line }) => line.split(' ')[0]!)
  const reads = lines.every((method) => method === 'GET' || method === 'HEAD') && learned !== 'open'
  const came = arrived.length === 0 ? 'refused' : reads && !learned.includes('ok') ? 'read only' : 'accepted'
  return { attempt, came, seen: [learned, ...lines].filter(Boolean).join(', ') }
}

function targetOf(ground: Environment, { target }: Attempt, at: number): string {
  if (target === 'application') return `${ground.origin('wiki')}/app/try-${at}`
  if (target === 'portal') return `${ground.origin('access')}/sessions/end`
  return at % 2 === 0 ? `${ground.origin('access')}/sign-out` : `${ground.origin('wiki')}/.einlass/sign-out`
}

async function isSignedIn(ground: Environment): Promise<boolean> {
  const heard = await ground.send(plainRequest(ground), { servername: `wiki.${domain}` })
  return heard.answers[0]?.status === 200
}

export function report(tried: readonly Tried[]): string {
  const rows = tried.map(({ attempt, came, seen }) => [
    attempt.actor,
    attempt.target,
    attempt.name,
    came === attempt.outcome ? came : `${came}, EXPECTED ${attempt.outcome}`,
    seen,
  ])
  const all = [['page of', 'target', 'attempt', 'outcome', 'seen'], ...rows]
  const widths = all[0]!.map((_cell, column) => Math.max(...all.map((cells) => cells[column]!.length)))
  return all
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

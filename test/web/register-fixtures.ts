// Fixtures of the register of external access and of access reviews: many rows, and texts of strangers.

import { externalPage, type ExternalAccess } from '../../src/web/admin/external-page.ts'
import { filterOf } from '../../src/web/admin/external-filter.ts'
import { reviewPage, type OneReview } from '../../src/web/admin/review-page.ts'
import { reviewsPage } from '../../src/web/admin/reviews-page.ts'
import type { ExternalLine } from '../../src/grants/external/register.ts'
import type { ReviewLine } from '../../src/grants/reviews/lines.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { noEnd } from '../../src/policy/grant-period.ts'
import type { PageRequest, Reply } from '../../src/web/kit/reply.ts'

const day = 86_400_000

interface Scene {
  readonly session: Session
  readonly now: number
}

/** A register of so many grants: most run, some are over, one has everything a stranger can write. */
export function externalLines(count: number, now: number): readonly ExternalLine[] {
  const states = ['counts', 'counts', 'counts', 'coming', 'over', 'revoked'] as const
  return Array.from({ length: count }, (_one, at): ExternalLine => {
    const state = states[at % states.length]!
    return {
      id: `g${at}`,
      who: `partner|mailto:p${at}@supplier.example`,
      name: at % 4 === 3 ? undefined : `Kim Müller-Lüdenscheidt ${at}`,
      email: `p${at}@supplier.example`,
      organisation: at % 2 === 0 ? 'Partners and suppliers' : 'Maschinenbau Donaudampfschifffahrt GmbH',
      app: at % 3 === 0 ? 'machines' : 'erp',
      title: at % 3 === 0 ? 'Machine control' : 'ERP',
      level: at % 2 === 0 ? 'full' : 'read',
      from: state === 'coming' ? now + day : now - 30 * day,
      until: state === 'counts' || state === 'coming' ? now + (at + 2) * day : now - 3 * day,
      schedule: at % 7 === 0 ? 'office hours' : undefined,
      sponsor: at % 5 === 4 ? undefined : 'erika@example.com',
      contract: at % 2 === 0 ? `V-2026-${at}` : undefined,
      reason: at % 3 === 1 ? 'Maintenance of line 4, with the replacement of the drive' : undefined,
      givenBy: 'erika@example.com',
      declaredAt: at % 2 === 0 ? `einlass.yaml:${at + 40}` : undefined,
      state,
      lastUsed: at % 4 === 0 ? undefined : now - at * 3_600_000,
      remarks: [...(at % 5 === 4 ? (['no_sponsor'] as const) : []), ...(at % 4 === 0 ? (['never_used'] as const) : [])],
    }
  })
}

/** What an account of another organisation, or who asks for access, can make of every text. */
export const hostile = '"><script>alert(1)</script>\u202egnp.exe </td></tr>\u05d0 =cmd|x'

export function hostileLine(now: number): ExternalLine {
  return {
    ...externalLines(1, now)[0]!,
    name: hostile,
    email: `${hostile}@supplier.example`,
    schedule: hostile,
    sponsor: hostile,
    contract: hostile,
    reason: `${hostile} ${'W'.repeat(400)}`,
    givenBy: hostile,
    declaredAt: undefined,
  }
}

export function registerOf({ session, now }: Scene, more: Partial<ExternalAccess> = {}): ExternalAccess {
  return {
    session,
    nav: { current: 'external', awaitingCount: 3, console: true },
    lines: [hostileLine(now), ...externalLines(199, now)],
    filter: filterOf(''),
    page: undefined,
    timeZone: 'Europe/Berlin',
    now,
    ...more,
  }
}

/** 140 people by rule production used lately; the others are unused, external, granted or warned, and one writes hostile texts. */
export function reviewLines(now: number, { used = 140, idle = 40, granted = 16 } = {}): readonly ReviewLine[] {
  const line = (id: number, more: Partial<ReviewLine> = {}): ReviewLine => ({
    id: id.toString(16).padStart(10, '0'),
    who: `company|${id}`,
    name: `Kim Müller-Lüdenscheidt ${id}`,
    email: `p${id}@example.com`,
    external: false,
    way: 'rule',
    rule: 'production',
    by: ['group production'],
    grant: undefined,
    until: undefined,
    declaredAt: 'einlass.yaml:79',
    besides: ['mfa: true'],
    lastUsed: now - day,
    ...more,
  })
  const grant = { way: 'grant', rule: 'for a while', by: ['full'], declaredAt: undefined } as const
  return [
    ...Array.from({ length: used }, (_one, at) => line(at)),
    ...Array.from({ length: idle }, (_one, at) =>
      line(200 + at, { lastUsed: at % 2 === 0 ? undefined : now - 45 * day }),
    ),
    ...Array.from({ length: granted }, (_one, at) =>
      line(300 + at, { ...grant, grant: `g${at}`, external: at % 2 === 0, until: now + (at + 1) * day }),
    ),
    line(400, { ...grant, grant: 'forever', until: noEnd }),
    line(401, { ...grant, grant: 'unseen', rule: undefined, name: undefined, until: now + day, lastUsed: undefined }),
    line(402, { name: undefined, who: 'company|withheld' }),
    line(403, {
      ...grant,
      grant: 'stranger',
      name: hostile,
      email: hostile,
      rule: hostile,
      by: [hostile],
      external: true,
    }),
  ]
}

export function reviewOf({ session, now }: Scene, more: Partial<OneReview> = {}): OneReview {
  const notes = [
    { kind: 'group', group: 'production', seen: 140 },
    { kind: 'groups_withheld', who: 'company|withheld' },
  ] as const
  return {
    session,
    nav: { current: 'reviews', awaitingCount: 3, console: true },
    draft: { app: 'erp', title: 'ERP', configuration: 'c0ffee', digest: 'd', lines: reviewLines(now), notes },
    role: 'admin',
    decisions: undefined,
    notice: undefined,
    savedAt: undefined,
    asksForProof: false,
    timeZone: 'Europe/Berlin',
    now,
    ...more,
  }
}

export function registerGallery(request: PageRequest, scene: Scene): readonly (readonly [string, Reply])[] {
  // Few rows: every page is rendered for every check. What many of them do has tests of its own.
  const few = { lines: [hostileLine(scene.now), ...externalLines(57, scene.now)] }
  const filter = filterOf(`?q=${encodeURIComponent(hostile)}&state=warned`)
  return [
    ['external', externalPage(request, registerOf(scene, { ...few, page: '2' }))],
    ['external-strangers', externalPage(request, registerOf(scene, { lines: [hostileLine(scene.now)], filter }))],
    ['external-none-found', externalPage(request, registerOf(scene, { ...few, filter: filterOf('?q=nobody') }))],
    ['external-none', externalPage(request, registerOf(scene, { lines: [] }))],
    ['review', reviewPage(request, fewLines(scene))],
    ['review-undecided', reviewPage(request, fewLines(scene, { decisions: new Map(), notice: 'undecided' }))],
    ['review-restored', reviewPage(request, restoredReview(scene))],
    ['review-saved', reviewPage(request, { ...restoredReview(scene), notice: 'saved', asksForProof: true })],
    ['review-viewer', reviewPage(request, fewLines(scene, { role: 'viewer' }))],
    ['review-empty', reviewPage(request, emptyReview(scene))],
    ['reviews', reviewsPage(request, reviewList(scene))],
  ]
}

function fewLines(scene: Scene, more: Partial<OneReview> = {}): OneReview {
  const review = reviewOf(scene, more)
  const lines = reviewLines(scene.now, { used: 3, idle: 3, granted: 2 })
  return { ...review, draft: { ...review.draft, lines } }
}

function restoredReview(scene: Scene): OneReview {
  const decisions = new Map<string, 'keep' | 'end'>([
    ['0000000000', 'end'],
    [(201).toString(16).padStart(10, '0'), 'keep'],
  ])
  return fewLines(scene, { decisions, notice: 'dropped', savedAt: scene.now - day / 2 })
}

function emptyReview(scene: Scene): OneReview {
  const review = reviewOf(scene)
  return { ...review, draft: { ...review.draft, lines: [], notes: [] } }
}

function reviewList({ session, now }: Scene): Parameters<typeof reviewsPage>[1] {
  const last = { at: now - 30 * day, by: hostile, file: '2026-10-31-erp.json', sha256: '0', kept: 190, ended: 10 }
  return {
    session,
    nav: { current: 'reviews', awaitingCount: undefined, console: true },
    notice: undefined,
    standing: [
      { app: 'machines', title: 'Machine control', last: undefined, due: now, savedAt: now - day },
      { app: 'erp', title: 'ERP', last, due: now + 150 * day, savedAt: undefined },
    ],
    timeZone: 'Europe/Berlin',
    now,
  }
}

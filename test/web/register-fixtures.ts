// Fixtures of the register of external access and of access reviews: many rows, and texts of strangers.

import { externalPage, type ExternalAccess } from '../../src/web/admin/external-page.ts'
import { filterOf } from '../../src/web/admin/external-filter.ts'
import type { ExternalLine } from '../../src/grants/external/register.ts'
import type { Session } from '../../src/identity/session/session.ts'
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

export function registerGallery(request: PageRequest, scene: Scene): readonly (readonly [string, Reply])[] {
  const filter = filterOf(`?q=${encodeURIComponent(hostile)}&state=warned`)
  return [
    ['external', externalPage(request, registerOf(scene, { page: '2' }))],
    ['external-strangers', externalPage(request, registerOf(scene, { lines: [hostileLine(scene.now)], filter }))],
    ['external-none-found', externalPage(request, registerOf(scene, { filter: filterOf('?q=nobody') }))],
    ['external-none', externalPage(request, registerOf(scene, { lines: [] }))],
  ]
}

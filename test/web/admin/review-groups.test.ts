// A review of many lines: people who used a rule lately are one line that keeps; unused and external ones are answered one by one.

import { expect, test } from 'vitest'
import type { ReviewLine } from '../../../src/grants/reviews/lines.ts'
import { keptByDefault, reviewPage, type OneReview } from '../../../src/web/admin/review-page.ts'
import { now, pageRequest, session } from '../page-fixtures.ts'

const day = 86_400_000
const line = (id: string, more: Partial<ReviewLine> = {}): ReviewLine => ({
  id,
  who: `company|${id}`,
  name: undefined,
  email: `${id}@example.com`,
  external: false,
  way: 'rule',
  rule: 'production',
  by: ['group production'],
  grant: undefined,
  until: undefined,
  declaredAt: 'einlass.yaml:9',
  besides: [],
  lastUsed: now - day,
  ...more,
})
const people = Array.from({ length: 140 }, (_one, at) => line(`p${at}`))
const lines = [
  ...people,
  line('unused', { lastUsed: undefined }),
  line('seldom', { lastUsed: now - 45 * day }),
  line('guest', { external: true }),
  line('grantee', { way: 'grant', rule: 'production', grant: 'g1', declaredAt: undefined }),
]
const shown = (more: Partial<OneReview> = {}): string =>
  String(
    reviewPage(pageRequest(), {
      session: session(),
      nav: { current: 'reviews', awaitingCount: undefined },
      draft: { app: 'erp', title: 'ERP', configuration: 'c0ffee', digest: 'd', lines, notes: [] },
      role: 'admin',
      decisions: undefined,
      notice: undefined,
      asksForProof: false,
      timeZone: 'UTC',
      now,
      ...more,
    }).body,
  )
const checked = (id: string) => /name="line-ID"[^>]*value="(\w+)"[^>]*checked/.source.replace('ID', id)

test('140 people of one rule are one line that keeps', () => {
  const body = shown()
  expect(body).toContain('140 people by rule production: Keep')
  for (const { id } of people) expect(body).toMatch(new RegExp(checked(id)))
})

test('unused, external and granted access has no answer until somebody gives one', () => {
  const body = shown()
  for (const id of ['unused', 'seldom', 'guest', 'grantee']) {
    expect(
      keptByDefault(
        lines.find((one) => one.id === id)!,
        now,
      ),
    ).toBe(false)
    expect(body).not.toMatch(new RegExp(checked(id)))
    expect(body).toContain(`name="line-${id}"`)
  }
})

test('an answer that was given replaces the default', () => {
  const body = shown({ decisions: new Map([['p7', 'end']]) })
  expect(new RegExp(checked('p7')).exec(body)?.[1]).toBe('end')
})

test('a viewer sees the groups and no answer', () => {
  const body = shown({ role: 'viewer' })
  expect(body).toContain('140 people by rule production')
  expect(body).not.toContain('type="radio"')
})

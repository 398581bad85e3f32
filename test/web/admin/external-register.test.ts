// A register of many grants: pages of 50 that keep the filter, texts of strangers that stay text, and no long wait.

import { expect, test } from 'vitest'
import { filterOf } from '../../../src/web/admin/external-filter.ts'
import { externalPage, type ExternalAccess } from '../../../src/web/admin/external-page.ts'
import { elementsOf } from '../html-validator.ts'
import { now, pageRequest, session } from '../page-fixtures.ts'
import { externalLines, hostile, hostileLine, registerOf } from '../register-fixtures.ts'

const shown = (more: Partial<ExternalAccess> = {}): string =>
  String(externalPage(pageRequest(), registerOf({ session: session(), now }, more)).body)
const rowsIn = (body: string): number => body.match(/<th role="rowheader"/g)?.length ?? 0
const linksIn = (body: string): (string | undefined)[] =>
  elementsOf(body)
    .filter(({ attributes }) => attributes.has('rel') && attributes.get('href')?.startsWith('/admin/external'))
    .map(({ attributes }) => attributes.get('href')?.replaceAll('&amp;', '&'))

test('pages of 50 rows, whose links keep the filter', () => {
  const lines = externalLines(1000, now)
  const first = shown({ lines })
  expect([rowsIn(first), linksIn(first)]).toEqual([50, ['/admin/external?page=2']])
  expect(first).toContain('1–50 of 1,000')
  const filter = filterOf('?q=M%C3%BCller+%26+erika&state=counts')
  expect(rowsIn(shown({ lines, filter }))).toBe(0)
  const found = shown({ lines, filter: filterOf('?q=muller+erika&state=counts'), page: '2' })
  expect(rowsIn(found)).toBe(50)
  expect(linksIn(found)).toEqual([
    '/admin/external?q=muller+erika&state=counts',
    '/admin/external?q=muller+erika&state=counts&page=3',
  ])
})

test.each(['0', '-1', '1e3', 'x', '2.5', '99999999999', undefined])('page %s is the first one', (page) => {
  expect(shown({ page })).toContain('1–50 of 200')
})

test('a page past the end is the last one', () => {
  expect(shown({ page: '400' })).toContain('151–200 of 200')
})

test('text of strangers in the columns and in the filter is text, and reorders nothing beside it', () => {
  const link = `?q=${encodeURIComponent(hostile)}&state=${encodeURIComponent(hostile)}`
  const lines = [hostileLine(now), ...externalLines(99, now)]
  for (const body of [shown({ lines }), shown({ lines, filter: filterOf(link) })]) {
    expect(elementsOf(body).filter(({ name }) => name === 'script')).toEqual([])
    expect(body).not.toContain('\u202e')
    expect(body.replaceAll(/<bdi>[^<]*<\/bdi>|value="[^"]*"/g, '')).not.toContain('alert(1)')
  }
  // What a link carries is in the field, and never a sentence of the page.
  const said = shown({ filter: filterOf('?q=Your+access+was+approved') })
  expect(said.match(/Your access was approved/g)).toHaveLength(1)
  expect(said).toContain('value="Your access was approved"')
  expect(filterOf(`?q=${'a'.repeat(5000)}`).q).toHaveLength(100)
})

test('a page of a register of 1,000 grants is there within 100 ms, filtered', () => {
  const lines = externalLines(1000, now)
  const filter = filterOf('?q=supplier')
  const times = Array.from({ length: 10 }, () => {
    const began = performance.now()
    shown({ lines, filter })
    return performance.now() - began
  })
  // The fastest: other tests share the machine.
  expect(Math.min(...times)).toBeLessThan(100)
})

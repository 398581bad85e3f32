// The demo's wiki: pages, revisions with their authors, links, and what it refuses.

import { expect, test } from 'vitest'
import type { Received } from '../../../src/demo/apps/received.ts'
import { createBook, maxPages } from '../../../src/demo/apps/wiki/book.ts'
import { drawText } from '../../../src/demo/apps/wiki/text.ts'
import { answerWiki } from '../../../src/demo/apps/wiki/wiki.ts'

const asErika = (target: string, method = 'GET'): Received => ({
  method,
  target,
  headers: [],
  assertion: { state: 'verified', claims: { sub: 'erika', name: 'Erika Musterfrau' } },
})
const stranger = (target: string, method: string): Received => ({
  ...asErika(target, method),
  assertion: { state: 'missing' },
})
const form = (title: string, text: string) => new URLSearchParams({ title, text })

test('a page is written, linked, changed, and keeps who changed it', () => {
  const book = createBook(() => 0)
  expect(answerWiki(book, asErika('/page/8', 'POST'), 'en', form('Canteen', 'Soup'))).toEqual({
    status: 303,
    location: '/page/8',
  })
  answerWiki(book, asErika('/page/8', 'POST'), 'en', form('Canteen', 'Stew'))
  expect(book.revisions(8, 'en').map(({ text, by }) => [text, by])).toEqual([
    ['Soup', 'Erika Musterfrau'],
    ['Stew', 'Erika Musterfrau'],
  ])
  expect(answerWiki(book, asErika('/page/7'), 'en', undefined)).toMatchObject({
    html: expect.stringContaining('<a href="/page/8">Canteen</a>'),
  })
  expect(answerWiki(book, asErika('/page/8/revision/1'), 'en', undefined)).toMatchObject({
    html: expect.stringContaining('Soup'),
  })
  expect(answerWiki(book, asErika('/page/8/history'), 'de', undefined)).toMatchObject({
    html: expect.stringContaining('Fassung 2'),
  })
  expect(answerWiki(book, asErika('/page/8/revision/3'), 'en', undefined)).toBeUndefined()
})

test('nobody writes whom the gateway has not signed in', () => {
  const book = createBook(() => 0)
  expect(answerWiki(book, stranger('/page/1', 'POST'), 'en', form('Mine', 'now'))).toMatchObject({ status: 401 })
  expect(book.revisions(1, 'en')).toHaveLength(1)
})

test('the wiki stays bounded: pages, revisions, and the length of a page', () => {
  const book = createBook(() => 0)
  for (let n = 0; n < 60; n++) book.write(1, { title: `n ${n}`, text: 'x'.repeat(30_000), by: 'Erika' })
  const revisions = book.revisions(1, 'en')
  expect(revisions.length).toBeLessThanOrEqual(51)
  expect(revisions.at(-1)!.text.length).toBe(20_000)
  for (let number = book.next(); number !== undefined; number = book.next()) {
    expect(book.write(number, { title: 'p', text: '', by: 'Erika' })).toBe(true)
  }
  expect(book.contents('en')).toHaveLength(maxPages)
  expect(book.write(9000, { title: 'p', text: '', by: 'Erika' })).toBe(false)
  expect(answerWiki(book, asErika('/page/1', 'POST'), 'en', form(' ', 'x'))).toMatchObject({ status: 422 })
})

test('what people write is text: no markup of theirs reaches a page', () => {
  const link = (name: string) => ({ href: `/new?title=${encodeURIComponent(name)}`, title: name, exists: false })
  const { markup } = drawText('**<b>** [[<img src=x onerror=alert(1)>]]\n\n- <script>\n- [[a"b]]', link)
  expect(markup).not.toMatch(/<img|<script|<b><b>/)
  expect(markup).toContain('<li>&lt;script&gt;</li>')
})

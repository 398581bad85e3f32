import fc from 'fast-check'
import { expect, test } from 'vitest'
import { languageOf } from '../../../src/web/kit/language.ts'

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['de-AT,en;q=0.5', 'de'],
  ['DE-ch', 'de'],
  ['fr, de;q=0.7, en;q=0.8', 'en'],
  ['fr, de;q=0.8, en;q=0.7', 'de'],
  ['en,de', 'en'],
  ['de;q=0', 'en'],
  ['de;q=0, en;q=0.1', 'en'],
  ['*', 'en'],
  ['den', 'en'],
  ['de;q=nonsense', 'en'],
  ['de;q=2', 'en'],
])('a reader who asks for %j gets %s', (asked, language) => {
  expect(languageOf(asked)).toBe(language)
})

test('any Accept-Language header yields a supported language', () => {
  fc.assert(
    fc.property(fc.string(), (asked) => {
      expect(['en', 'de']).toContain(languageOf(asked))
    }),
  )
})

// Texts of an access review: the signed file as Markdown, in English and German.

import { describe, expect, test } from 'vitest'
import type { ReviewLine } from '../../../src/grants/reviews/lines.ts'
import {
  formatAccessPath,
  formatNote,
  reviewMessages,
  type ReviewLanguage,
} from '../../../src/grants/reviews/messages.ts'
import type { ReviewNote } from '../../../src/grants/reviews/notes.ts'
import {
  canonicalOf,
  hashOfReview,
  reviewMarkdown,
  type DecidedLine,
  type ReviewContent,
} from '../../../src/grants/reviews/signed-file.ts'

const at = Date.parse('2026-12-01T08:00:00Z')
const line = (more: Partial<DecidedLine> = {}): DecidedLine => ({
  id: 'l1',
  who: 'corp|anna',
  name: 'Anna',
  email: 'anna@example.com',
  external: false,
  way: 'rule',
  rule: 'staff',
  by: ['group staff'],
  grant: undefined,
  until: undefined,
  declaredAt: 'einlass.yaml:12',
  besides: [],
  lastUsed: at,
  decision: 'keep',
  outcome: undefined,
  ...more,
})
const content = (more: Partial<ReviewContent> = {}): ReviewContent => ({
  format: 1,
  app: 'erp',
  title: 'ERP',
  configuration: 'c0ffee',
  lines: [line()],
  notes: [],
  reviewer: { name: 'Erika', account: 'corp|erika', secondFactor: '2026-12-01T07:58:00Z' },
  at: '2026-12-01T08:00:00Z',
  ...more,
})
const markdown = (
  more: Partial<ReviewContent> = {},
  language: ReviewLanguage = 'en',
  sha256: string | undefined = 'abc',
) => reviewMarkdown(content(more), sha256, language).split('\n')
/** The cells of the only line. */
const row = (more: Partial<DecidedLine>, language?: ReviewLanguage) =>
  markdown({ lines: [line(more)] }, language)
    .findLast((text) => text.startsWith('| '))!
    .slice(2, -2)
    .split(' | ')

describe('a signed review', () => {
  test('in English', () => {
    expect(markdown({ notes: [{ kind: 'codes' }] })).toEqual([
      '# Who can reach ERP',
      '',
      '- Reviewed by: Erika (corp\\|erika)',
      '- Signed: 2026-12-01T08:00:00Z, second factor confirmed 2026-12-01T07:58:00Z',
      '- Configuration: c0ffee',
      '- SHA-256: abc',
      '',
      '| Who | Access by | Only if | Until | Last used | Decision |',
      '| --- | --- | --- | --- | --- | --- |',
      '| Anna (anna@example.com) | rule "staff": group staff |  |  | 2026-12-01 | keep |',
      '',
      '## Notes',
      '',
      '- Anyone who holds an emergency code can get access.',
      '',
    ])
  })

  test('in German', () => {
    expect(markdown({ notes: [{ kind: 'codes' }] }, 'de')).toEqual([
      '# Wer ERP erreichen kann',
      '',
      '- Geprüft von: Erika (corp\\|erika)',
      '- Unterschrieben: 2026-12-01T08:00:00Z, zweiter Faktor bestätigt 2026-12-01T07:58:00Z',
      '- Konfiguration: c0ffee',
      '- SHA-256: abc',
      '',
      '| Wer | Zugang durch | Nur wenn | Bis | Zuletzt genutzt | Entscheidung |',
      '| --- | --- | --- | --- | --- | --- |',
      '| Anna (anna@example.com) | Regel „staff“: Gruppe staff |  |  | 2026-12-01 | behalten |',
      '',
      '## Hinweise',
      '',
      '- Wer einen Notfallcode besitzt, kann Zugang erhalten.',
      '',
    ])
  })

  test.each<[ReviewLanguage, string, string]>([
    ['en', '- Reviewed by: Erika', 'without a fresh second factor'],
    ['de', '- Geprüft von: Erika', 'ohne aktuellen zweiten Faktor'],
  ])('%s: by an administrator who states a name, without a second factor', (language, name, factor) => {
    const reviewer = { name: 'Erika', account: undefined, secondFactor: undefined }
    const lines = markdown({ reviewer }, language)
    expect(lines[2]).toBe(name)
    expect(lines[3]).toContain(factor)
  })

  test.each<[ReviewLanguage, string]>([
    ['en', 'None of the users who have signed in here can reach it.'],
    ['de', 'Keine der Personen, die sich hier angemeldet haben, kann sie erreichen.'],
  ])('%s: without lines says so', (language, text) => {
    expect(markdown({ lines: [] }, language).slice(-3)).toEqual(['', text, ''])
  })

  test('is hashed as one line of JSON', () => {
    expect(canonicalOf(content())).toBe(JSON.stringify(content()))
    expect(hashOfReview(content())).toMatch(/^[0-9a-f]{64}$/)
    expect(hashOfReview(content({ app: 'wiki' }))).not.toBe(hashOfReview(content()))
  })
})

test('an unsigned report has neither reviewer nor hash, and lists ids and places instead of decisions', () => {
  const undecided = { decision: undefined, outcome: undefined } as const
  const lines = [line(undecided), line({ ...undecided, id: 'l2', declaredAt: undefined })]
  for (const [language, head] of [
    ['en', 'Line'],
    ['de', 'Zeile'],
  ] as const) {
    const text = reviewMarkdown(content({ reviewer: undefined, lines }), undefined, language).split('\n')
    expect(text[2]).toContain('c0ffee')
    expect(text[3]).toBe('')
    expect(text[4]!.split(' | ').at(-1)).toBe(`${head} |`)
    expect(text.slice(6, 8).map((one) => one.split(' | ').at(-1))).toEqual(['l1 einlass.yaml:12 |', 'l2 |'])
  }
})

describe('a line', () => {
  test.each<[Partial<ReviewLine>, string]>([
    [{}, 'Anna (anna@example.com)'],
    [{ email: undefined }, 'Anna'],
    [{ name: undefined }, 'anna@example.com'],
    [{ name: undefined, email: undefined }, 'corp\\|anna'],
    [{ external: true }, 'Anna (anna@example.com), external'],
  ])('names the user: %j', (more, name) => expect(row(more)[0]).toBe(name))

  test('says in German that a user is external', () => {
    expect(row({ external: true }, 'de')[0]).toBe('Anna (anna@example.com), extern')
  })

  test('names the end by its day, and none for one in the year 9999', () => {
    expect(row({ until: at })[3]).toBe('2026-12-01')
    expect(row({ until: Date.parse('9999-12-31T23:59:59Z') })[3]).toBe('')
  })

  test('joins what it assumes, and says if it was never used', () => {
    expect(row({ besides: ['mfa', 'device strict'] })[2]).toBe('mfa; device strict')
    expect([row({ lastUsed: undefined })[4], row({ lastUsed: undefined }, 'de')[4]]).toEqual(['never', 'nie'])
  })

  test.each<[DecidedLine['outcome'], string | undefined, string, string]>([
    ['revoked', undefined, 'revoked now', 'jetzt beendet'],
    ['over_already', undefined, 'to end: had already ended', 'zu beenden: war bereits beendet'],
    [
      'take_out',
      'a.yaml:1',
      'to end: remove it from the configuration: a.yaml:1',
      'zu beenden: aus der Konfiguration entfernen: a.yaml:1',
    ],
    ['take_out', undefined, 'to end: remove it from the configuration', 'zu beenden: aus der Konfiguration entfernen'],
    [
      undefined,
      'a.yaml:1',
      'to end: remove it from the configuration: a.yaml:1',
      'zu beenden: aus der Konfiguration entfernen: a.yaml:1',
    ],
  ])('that ends says how: %s, %s', (outcome, declaredAt, en, de) => {
    const ends = { decision: 'end', outcome, declaredAt } as const
    expect([row(ends)[5], row(ends, 'de')[5]]).toEqual([en, de])
  })

  test('no text ends a cell, begins a link, or hides anything', () => {
    expect(row({ name: 'A|B\\<b>`[x]', email: undefined })[0]).toBe('A\\|B\\\\\\<b\\>\\`\\[x\\]')
    expect(row({ name: 'A\nB\u202eC\u2028D\ud800', email: undefined })[0]).toBe('A\ufffdB\ufffdC\ufffdD\ufffd')
    expect(markdown({ title: 'a\n# b' })[0]).toBe('# Who can reach a\ufffd# b')
  })
})

describe('access by', () => {
  const path = (more: Partial<ReviewLine>) => [formatAccessPath(line(more), 'en'), formatAccessPath(line(more), 'de')]

  test.each<[Partial<ReviewLine>, string, string]>([
    [{ by: [] }, 'rule "staff"', 'Regel „staff“'],
    [{ by: [], rule: undefined }, 'rule ""', 'Regel „“'],
    [{ by: ['group a', 'role b'] }, 'rule "staff": group a, role b', 'Regel „staff“: Gruppe a, Rolle b'],
    [{ by: ['listed by name'] }, 'rule "staff": listed by name', 'Regel „staff“: namentlich aufgeführt'],
    [{ by: ['role a (group b)'] }, 'rule "staff": role a (group b)', 'Regel „staff“: Rolle a (Gruppe b)'],
    [{ by: ['provider corp'] }, 'rule "staff": provider corp', 'Regel „staff“: Anbieter corp'],
    [{ by: ['group group role'] }, 'rule "staff": group group role', 'Regel „staff“: Gruppe group role'],
    [{ way: 'grant', by: ['full'], rule: undefined }, 'grant, full access', 'befristeter Zugang, voll'],
    [{ way: 'grant', by: ['read'], rule: undefined }, 'grant, read only', 'befristeter Zugang, nur lesen'],
    [
      { way: 'grant', by: ['read'] },
      'grant, read only (rule "staff")',
      'befristeter Zugang, nur lesen (Regel „staff“)',
    ],
  ])('%j', (more, en, de) => expect(path(more)).toEqual([en, de]))
})

describe('a note', () => {
  test.each<[ReviewNote, string, string]>([
    [
      { kind: 'group', group: 'g', seen: 1 },
      'group g; one of them has signed in here',
      'Gruppe g; eines davon hat sich hier angemeldet',
    ],
    [
      { kind: 'group', group: 'g', seen: 2 },
      'group g; 2 of them have signed in here',
      'Gruppe g; 2 davon haben sich hier angemeldet',
    ],
    [
      { kind: 'never_seen', user: 'u' },
      'u is listed, but has never signed in here.',
      'u ist aufgeführt, hat sich hier aber noch nie angemeldet.',
    ],
    [{ kind: 'groups_withheld', who: 'u' }, 'did not send all groups of u', 'nicht alle Gruppen von u übermittelt'],
    [{ kind: 'everybody', rule: 'r' }, 'The rule "r" gives access to every user', 'Die Regel „r“ gibt allen Zugang'],
    [
      { kind: 'required', conditions: ['mfa', 'x'] },
      'assumed to be met here: mfa; x.',
      'als erfüllt angenommen: mfa; x.',
    ],
    [
      { kind: 'set_aside', rule: 'r' },
      'The rule "r" denies access in some circumstances only',
      'Die Regel „r“ verweigert den Zugang nur',
    ],
    [{ kind: 'monitor' }, 'mode monitor: access is never denied', '(mode: monitor): Zugang wird nie verweigert'],
    [{ kind: 'public', paths: ['/a', '/b'] }, 'without signing in: /a, /b.', 'Ohne Anmeldung zugänglich: /a, /b.'],
    [{ kind: 'codes' }, 'holds an emergency code', 'einen Notfallcode besitzt'],
    [
      { kind: 'nobody_uses', rule: 'r', declaredAt: 'a:1' },
      'The rule "r" has not been used in the last 90 days (a:1).',
      'Die Regel „r“ wurde in den letzten 90 Tagen nicht genutzt (a:1).',
    ],
    [
      { kind: 'nobody_uses', rule: 'r', declaredAt: undefined },
      'in the last 90 days.',
      'in den letzten 90 Tagen nicht genutzt.',
    ],
    [{ kind: 'known_since', at }, 'only since 2026-12-01.', 'erst seit 2026-12-01 aufgezeichnet.'],
  ])('%j', (note, en, de) => {
    expect(formatNote(note, 'en')).toContain(en)
    expect(formatNote(note, 'de')).toContain(de)
  })

  test('both languages have the same texts', () => {
    const shape = (value: unknown): unknown =>
      typeof value === 'object'
        ? Object.entries(value as object).map(([key, inner]) => [key, shape(inner)])
        : typeof value
    expect(shape(reviewMessages.de)).toEqual(shape(reviewMessages.en))
  })
})

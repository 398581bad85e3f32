// Register of external access: contents, order, findings, and CSV export safe against formula injection.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cell, externalCsv } from '../../../src/grants/external/csv.ts'
import { externalRegister, type RegisterDependencies, type SeenUser } from '../../../src/grants/external/register.ts'
import type { Grant } from '../../../src/policy/grant.ts'

const now = Date.parse('2026-12-01T08:00:00Z')
const day = 86_400_000

const grant = (more: Partial<Grant> = {}): Grant => ({
  id: 'g1',
  who: 'partner|mailto:miro@partner.example',
  app: 'machines',
  level: 'full',
  from: now - day,
  until: now + 10 * day,
  schedule: undefined,
  sponsor: 'erika@example.com',
  reason: 'Press 4 loses pressure',
  contract: 'V-2026-118',
  origin: 'configuration',
  givenBy: 'configuration',
  revokedAt: undefined,
  ...more,
})
const miro = (more: Partial<SeenUser> = {}): SeenUser => ({
  subject: {
    provider: 'partner',
    sub: '7',
    email: 'miro@partner.example',
    name: 'Miro Novák',
    username: undefined,
    groups: [],
    groupsComplete: true,
    claims: {},
    external: true,
  },
  firstSignIn: now - 30 * day,
  lastSignIn: now - 2 * day,
  used: { machines: now - 2 * day },
  ...more,
})
const configuration = {
  apps: new Map([['machines', { title: 'Machine control' }]]),
  providers: new Map([['partner', { title: 'Partner AG' }]]),
  external: { providers: new Set(['partner']), people: ['lee@vendor.example', 'staff|99'] },
  places: new Map([['grant g1', 'einlass.yaml:41']]),
} as unknown as RegisterDependencies['configuration']
const register = (grants: readonly Grant[], people: readonly SeenUser[] = [miro()]) =>
  externalRegister({ configuration, grants, people, now })

test('a line contains user, sponsor, app, end, contract, origin and last use', () => {
  expect(register([grant()])).toEqual([
    {
      id: 'g1',
      who: 'partner|mailto:miro@partner.example',
      name: 'Miro Novák',
      email: 'miro@partner.example',
      organisation: 'Partner AG',
      app: 'machines',
      title: 'Machine control',
      level: 'full',
      from: now - day,
      until: now + 10 * day,
      schedule: undefined,
      sponsor: 'erika@example.com',
      contract: 'V-2026-118',
      reason: 'Press 4 loses pressure',
      givenBy: 'configuration',
      declaredAt: 'einlass.yaml:41',
      state: 'counts',
      lastUsed: now - 2 * day,
      remarks: [],
    },
  ])
})

test('contains external users only, by any criterion', () => {
  const seen = miro({ subject: { ...miro().subject, provider: 'staff', sub: '99', email: 'kim@example.com' } })
  const list = [
    grant(),
    grant({ id: 'ours', who: 'staff|1' }),
    grant({ id: 'listed', who: 'staff|mailto:lee@vendor.example' }),
    grant({ id: 'by subject', who: 'staff|mailto:kim@example.com' }),
  ]
  expect(register(list, [miro(), seen]).map(({ id }) => id)).toEqual(['by subject', 'g1', 'listed'])
})

test('contains a grant that an external user asked for, whatever the configuration says now', () => {
  const basis = { request: 'r', entitlement: 'requests', email: 'a@b.test', groups: [], external: true } as const
  const asked = grant({ id: 'asked', who: 'staff|5', basis })
  expect(
    register([asked, grant({ id: 'inside', who: 'staff|5', basis: { ...basis, external: false } })], []),
  ).toMatchObject([{ id: 'asked', email: 'a@b.test', organisation: 'staff', remarks: ['never_signed_in'] }])
})

test('an address that was bound belongs to that account, not to a later one with the address', () => {
  const bound = grant({ boundTo: '8' })
  const other = miro({ subject: { ...miro().subject, sub: '8', email: 'old@partner.example', name: 'Old' } })
  expect(register([bound], [miro(), other])[0]).toMatchObject({ name: 'Old', email: 'old@partner.example' })
  expect(register([bound])[0]).toMatchObject({ name: undefined, email: 'miro@partner.example' })
})

test('a line of somebody who never signed in has what the grant says', () => {
  expect(register([grant({ who: 'partner|9', app: 'gone' })], [])[0]).toMatchObject({
    name: undefined,
    email: undefined,
    title: 'gone',
    lastUsed: undefined,
    state: 'counts',
  })
})

test('without external people in the configuration nobody is, except by a session that says so', () => {
  const without = { ...configuration, external: undefined }
  const inside = grant({ id: 'inside', who: 'staff|1' })
  expect(externalRegister({ configuration: without, grants: [inside, grant()], people: [], now })).toEqual([])
  expect(externalRegister({ configuration: without, grants: [grant()], people: [miro()], now })).toEqual([])
})

test('grants that end together are ordered by id, ended ones by the latest end', () => {
  const lines = register([
    grant({ id: 'b' }),
    grant({ id: 'a' }),
    grant({ id: 'c', from: now + day }),
    grant({ id: 'e', until: now - 2 * day }),
    grant({ id: 'd', until: now - day }),
    grant({ id: 'f', until: now - 2 * day }),
  ])
  expect(lines.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})

test('a state changes exactly at beginning, end and revocation', () => {
  const stateOf = (more: Partial<Grant>) => register([grant(more)])[0]!.state
  expect(stateOf({ from: now })).toBe('counts')
  expect(stateOf({ from: now + 1 })).toBe('coming')
  expect(stateOf({ until: now })).toBe('over')
  expect(stateOf({ until: now + 1 })).toBe('counts')
  expect(stateOf({ from: now + 1, revokedAt: now })).toBe('revoked')
  // Revoked after its end: the end counts.
  expect(register([grant({ until: now - 2 * day, revokedAt: now - day })])[0]!.until).toBe(now - 2 * day)
})

test('orders by end, ended grants last, with their states', () => {
  const lines = register([
    grant({ id: 'over', until: now - day }),
    grant({ id: 'revoked', revokedAt: now - 3 * day }),
    grant({ id: 'later', from: now + day, until: now + 20 * day }),
    grant(),
  ])
  expect(lines.map(({ id, state }) => `${id}: ${state}`)).toEqual([
    'g1: counts',
    'later: coming',
    'over: over',
    'revoked: revoked',
  ])
  expect(lines.at(-1)!.until).toBe(now - 3 * day)
})

test('has remarks for auditors', () => {
  const remarksOf = (more: Partial<Grant>, people?: readonly SeenUser[]) => register([grant(more)], people)[0]!.remarks
  expect(remarksOf({ sponsor: undefined })).toEqual(['no_sponsor'])
  expect(remarksOf({ until: now + 91 * day })).toEqual(['too_long'])
  expect(remarksOf({}, [])).toEqual(['never_signed_in'])
  expect(remarksOf({}, [miro({ used: {} })])).toEqual(['never_used'])
  expect(remarksOf({ until: now + 90 * day })).toEqual([])
  expect(remarksOf({ from: now - 80 * day, until: now + 90 * day })).toEqual([])
  // What is over or comes later is not remarked upon: neither its length nor that it was not used.
  expect(remarksOf({ from: now + day, until: now + 365 * day }, [miro({ used: {} })])).toEqual([])
  expect(remarksOf({ from: now - 365 * day, until: now }, [miro({ used: {} })])).toEqual([])
  const basis = { request: 'r', entitlement: 'requests', email: undefined, groups: [], external: true } as const
  expect(remarksOf({ sponsor: undefined, basis })).toEqual([])
})

describe('as CSV', () => {
  test('has a header and a line per grant with CRLF (RFC 4180)', () => {
    const [head, line, end] = externalCsv(register([grant()])).split('\r\n')
    expect(head).toMatch(/^grant,person,email,.*,contract,.*,last_used,remarks$/)
    expect(line).toContain('Miro Novák,miro@partner.example')
    expect(line).toContain('2026-12-11T08:00:00Z')
    expect(end).toBe('')
  })

  test.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['  =1', `"'  =1"`],
    ['＝1', `"'＝1"`],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['plain', 'plain'],
    ['a=b', 'a=b'],
  ])('%j becomes %s', (text, expected) => {
    expect(cell(text)).toBe(expected)
  })

  test('with any reason text, no cell begins as a formula and all lines have the same number of cells', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('=1+1', '\r\n=1', '",=1', '\t@x', '--1'))
    fc.assert(
      fc.property(text, text, (reason, contract) => {
        const rows = parsed(externalCsv(register([grant({ reason, contract })])))
        expect(rows.map((row) => row.length)).toEqual([18, 18])
        for (const row of rows) for (const one of row) expect(one).not.toMatch(/^\s*[=+\-@]/)
      }),
    )
  })
})

/** Parses RFC 4180 as a spreadsheet does. */
function parsed(csv: string): string[][] {
  const rows: string[][] = []
  let [row, field, quoted]: [string[], string, boolean] = [[], '', false]
  for (let at = 0; at < csv.length; at++) {
    const letter = csv[at]!
    if (quoted) {
      if (letter !== '"') field += letter
      else if (csv[at + 1] === '"') field += csv[++at]!
      else quoted = false
    } else if (letter === '"') quoted = true
    else if (letter === ',') [row, field] = [[...row, field], '']
    else if (letter === '\r' && csv[at + 1] === '\n') {
      rows.push([...row, field])
      ;[row, field] = [[], '']
      at++
    } else field += letter
  }
  return rows
}

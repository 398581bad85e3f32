// CSV of the register of external access: every column, in its order, and empty where nothing is known.

import { expect, test } from 'vitest'
import { externalCsv } from '../../../src/grants/external/csv.ts'
import type { ExternalLine } from '../../../src/grants/external/register.ts'

const at = Date.parse('2026-12-01T08:00:00Z')
const line = (more: Partial<ExternalLine> = {}): ExternalLine => ({
  id: 'g1',
  who: 'partner|7',
  name: 'Miro',
  email: 'miro@partner.example',
  organisation: 'Partner AG',
  app: 'machines',
  title: 'Machine control',
  level: 'full',
  from: at,
  until: at + 86_400_000,
  schedule: 'night',
  sponsor: 'erika@example.com',
  contract: 'V-1',
  reason: 'Press 4',
  givenBy: 'root',
  declaredAt: undefined,
  state: 'counts',
  lastUsed: at - 3_600_000,
  remarks: ['too_long', 'never_used'],
  ...more,
})
/** Cells by column. */
function row(more: Partial<ExternalLine>): Record<string, string> {
  const [head, cells] = externalCsv([line(more)]).split('\r\n')
  return Object.fromEntries(head!.split(',').map((name, index) => [name, cells!.split(',')[index]!]))
}

test('has one line per grant, in this order', () => {
  expect(externalCsv([line(), line({ id: 'g2' })]).split('\r\n')).toEqual([
    'grant,person,email,account,organisation,app,title,level,from,until,schedule,sponsor,contract,reason,given_by,state,last_used,remarks',
    'g1,Miro,miro@partner.example,partner|7,Partner AG,machines,Machine control,full,2026-12-01T08:00:00Z,2026-12-02T08:00:00Z,night,erika@example.com,V-1,Press 4,root,counts,2026-12-01T07:00:00Z,too_long never_used',
    expect.stringMatching(/^g2,/),
    '',
  ])
})

test('without grants has the head only', () => {
  expect(externalCsv([]).split('\r\n')).toEqual([expect.stringMatching(/^grant,/), ''])
})

test('cells of what is not known are empty', () => {
  const none = { name: undefined, email: undefined, schedule: undefined, sponsor: undefined, contract: undefined }
  expect(row({ ...none, reason: undefined, lastUsed: undefined, remarks: [] })).toMatchObject({
    person: '',
    email: '',
    schedule: '',
    sponsor: '',
    contract: '',
    reason: '',
    last_used: '',
    remarks: '',
  })
})

test('a grant without beginning has an empty cell; one without end ends in the year 9999', () => {
  expect(row({ from: 0 }).from).toBe('')
  expect(row({ from: 1000 }).from).toBe('1970-01-01T00:00:01Z')
  expect(row({ until: 8.64e15 }).until).toBe('9999-12-31T23:59:59Z')
})

test('a declared grant names its place in the configuration instead of who gave it', () => {
  expect(row({ declaredAt: 'einlass.yaml:41', givenBy: 'configuration' }).given_by).toBe('einlass.yaml:41')
})

// Second accounts: nobody approves or reviews their own access by another account, nor where that cannot be excluded.

import { describe, expect, test } from 'vitest'
import type { Subject } from '../../../src/policy/subject.ts'
import { isRejectionReason, rejectionMessage } from '../../../src/web/requests/refusal-messages.ts'
import {
  acting,
  administrator,
  emergencySettings,
  refusal,
  requestSettings,
  start,
  subject,
  wanted,
  type Rules,
} from './environment.ts'
import { nodesOfATest } from './nodes-of-a-test.ts'

const everyone = { providers: ['corp', 'partners'] }
const open = { eligible: {}, approvers: everyone }
const one: Rules = { apps: { erp: { requests: requestSettings(open) } } }
const here = subject('erika')
const there = (email: string | undefined, sub = '4711') => subject(sub, { provider: 'partners', email })
const nameless = subject('erika', { email: undefined })

const { node } = nodesOfATest()

async function approvalBy(asker: Subject, approver: Subject, rules: Rules = one): Promise<unknown> {
  const { requests } = await node(rules)
  const { id } = await requests.create(wanted(), acting(asker))
  const result = await refusal(requests.approve(id, {}, acting(approver)))
  return typeof result === 'string' ? result : (result as { state: string }).state
}

const linked = [
  ['corp|erika', 'partners|1'],
  ['corp|olga', 'partners|4711'],
]

describe('a request is approved only by somebody who is certainly another person', () => {
  test.each<[string, Subject, Subject, string, Rules]>([
    ['two addresses', here, there('olga@partner.example'), 'approved', one],
    ['the same address', here, there('erika@example.com'), 'own_request', one],
    ['no address of the approver', here, there(undefined), 'same_person_unclear', one],
    ['no address of the asker', nameless, there('olga@partner.example'), 'same_person_unclear', one],
    ['no address at all', nameless, there(undefined), 'same_person_unclear', one],
    ['two accounts of one provider', nameless, subject('olga', { email: undefined }), 'approved', one],
    [
      'an address that is not the provider\u2019s to state',
      here,
      there('x@example.com'),
      'same_person_unclear',
      { ...one, domains: ['example.com'] },
    ],
    ['accounts linked to two people', nameless, there(undefined), 'approved', { ...one, linked }],
    [
      'accounts linked to one person',
      subject('erika', { email: undefined }),
      there(undefined, '1'),
      'own_request',
      { ...one, linked },
    ],
    ['one of two accounts linked', nameless, there(undefined, '99'), 'same_person_unclear', { ...one, linked }],
  ])('%s', async (_name, asker, approver, expected, rules) => {
    expect(await approvalBy(asker, approver, rules)).toBe(expected)
  })

  test('two approvers are two people as well', async () => {
    const { requests } = await node({ apps: { erp: { requests: requestSettings({ ...open, approvals: 2 }) } } })
    const { id } = await requests.create(wanted(), acting(subject('anna')))
    await requests.approve(id, {}, acting(nameless))
    expect(await refusal(requests.approve(id, {}, acting(there('olga@partner.example'))))).toBe('same_person_unclear')
    expect(requests.get(id)).toMatchObject({ state: 'open', approvals: [{}] })
    expect(await requests.approve(id, {}, acting(subject('olga')))).toMatchObject({ state: 'approved' })
  })

  test('an administrator at the machine counts beside an approver', async () => {
    const { requests } = await node({ apps: { erp: { requests: requestSettings({ ...open, approvals: 2 }) } } })
    const { id } = await requests.create(wanted(), acting(subject('anna')))
    await requests.approve(id, {}, administrator)
    expect(await requests.approve(id, {}, acting(subject('olga')))).toMatchObject({ state: 'approved' })
  })
})

test('denying needs no certainty; the request is shown to those who may only deny', async () => {
  const { requests, grants } = await node(one)
  const { id } = await requests.create(wanted(), acting(here))
  const unclear = there(undefined)
  expect(requests.awaitingDecision(unclear).map((request) => request.id)).toEqual([id])
  expect(requests.mayView(unclear, requests.get(id)!)).toBe(true)
  expect(await requests.deny(id, 'no', acting(unclear))).toMatchObject({ state: 'denied' })
  expect(grants.all()).toEqual([])
})

test('an emergency is reviewed only by somebody who is certainly another person', async () => {
  const emergency = emergencySettings({ eligible: everyone, reviewers: everyone })
  const { requests } = await node({ apps: { erp: { emergency } } })
  const proof = { authTime: start }
  const { id } = await requests.create(wanted({ emergency: true, duration: 60_000 }), acting(here, proof))
  expect(await refusal(requests.review(id, undefined, acting(there(undefined))))).toBe('same_person_unclear')
  expect(requests.get(id)?.reviewed).toBeUndefined()
  expect(await requests.review(id, undefined, acting(there('olga@partner.example')))).toMatchObject({ reviewed: {} })
})

test('the refusal has a sentence in both languages', () => {
  expect(isRejectionReason('same_person_unclear')).toBe(true)
  const placeholders = { app: 'ERP' } as Parameters<typeof rejectionMessage>[1]
  expect(rejectionMessage('same_person_unclear', placeholders, 'en')).toContain('two different people')
  expect(rejectionMessage('same_person_unclear', placeholders, 'de')).toContain('zwei verschiedene Personen')
})

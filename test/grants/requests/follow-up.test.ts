// Follow-ups: more time for grants that no request changes, asked for by the holder, decided by the sponsor, without a gap.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { Store } from '../../../src/store/store.ts'
import { noEnd } from '../../../src/policy/grant-period.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import type { WantedAccess } from '../../../src/grants/requests/repository.ts'
import { hourGrant } from '../records.ts'
import {
  acting,
  administrator,
  boss,
  day,
  hour,
  openNode,
  refusal,
  start,
  subject,
  wanted,
  type RequestNode,
  type Rules,
} from './environment.ts'

const miro = subject('miro', { provider: 'partners', email: 'miro@partner.example', external: true })
const stranger = subject('mallory', { provider: 'partners', email: 'mallory@partner.example', external: true })
const erika = subject('erika')
const end = start + 20 * day
const declared = (more: Partial<Grant> = {}): Grant =>
  hourGrant({
    id: 'yaml-1',
    who: 'partners|mailto:miro@partner.example',
    from: start - 10 * day,
    until: end,
    sponsor: 'erika@example.com',
    schedule: 'office',
    contract: 'V-7',
    origin: 'configuration',
    givenBy: 'configuration',
    ...more,
  })
const more = (changes: Partial<WantedAccess> = {}) => wanted({ extends: 'yaml-1', duration: 5 * day, ...changes })

let clock: { at: number }
let store: Store
let nodes: RequestNode[]
const open = async (rules?: Rules) => {
  nodes.push(await openNode(store, () => clock.at, rules))
  return nodes.at(-1)!
}
const declare = (list: readonly Grant[]) => {
  for (const { grants } of nodes) grants.setDeclared(list, { kind: 'system' })
}
const settle = async () => {
  for (const { changes } of nodes) await changes.sweep()
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}
beforeEach(() => {
  clock = { at: start }
  store = createMemoryStore({ now: () => clock.at })
  nodes = []
})
afterEach(async () => {
  for (const node of nodes) await node.stop()
  await store.close()
})

const inForce = (node: RequestNode, at: number) =>
  node.grants
    .of(miro, 'erp')
    .filter(({ from, until, revokedAt }) => revokedAt === undefined && from <= at && at < until)

describe('a grant of the configuration', () => {
  test('is followed by a stored one from its end on, with its sponsor, schedule, contract and level, on every node', async () => {
    const here = await open({ apps: { erp: {} } })
    const there = await open({ apps: { erp: {} } })
    declare([declared()])
    const asked = await here.requests.create(more(), acting(miro))
    await settle()
    expect(there.requests.awaitingDecision(erika)).toHaveLength(1)
    const approved = await there.requests.approve(asked.id, {}, acting(erika))
    await settle()
    for (const node of nodes) {
      expect(node.grants.all()).toContainEqual(
        expect.objectContaining({
          id: approved.grant,
          who: 'partners|miro',
          from: end,
          until: end + 5 * day,
          sponsor: 'erika@example.com',
          schedule: 'office',
          contract: 'V-7',
          level: 'full',
        }),
      )
      // Never both, never none.
      for (const at of [end - 1, end, end + 5 * day - 1]) expect(inForce(node, at)).toHaveLength(1)
      expect(inForce(node, end + 5 * day)).toHaveLength(0)
    }
    // What was declared is as it was.
    expect(here.grants.all()).toContainEqual(expect.objectContaining({ id: 'yaml-1', until: end }))
  })

  test('tells the sponsor, and no approver of the app', async () => {
    const here = await open()
    declare([declared()])
    await here.requests.create(more(), acting(miro))
    const opened = here.events.find((event) => event.kind === 'request')
    expect(opened).toMatchObject({ activity: 'opened', tell: { approvers: ['erika@example.com'] } })
    expect(here.requests.awaitingDecision(boss)).toEqual([])
  })

  test('without a sponsor is decided by the approvers of the app, and by nobody where there are none', async () => {
    const here = await open()
    declare([declared({ sponsor: undefined })])
    const { id } = await here.requests.create(more(), acting(miro))
    expect(await here.requests.approve(id, {}, acting(boss))).toMatchObject({ state: 'approved' })
    const alone = await openNode(createMemoryStore({ now: () => clock.at }), () => clock.at, { apps: { erp: {} } })
    nodes.push(alone)
    alone.grants.setDeclared([declared({ sponsor: undefined })], { kind: 'system' })
    expect(await refusal(alone.requests.create(more(), acting(miro)))).toBe('requests_closed')
  })

  test('may be followed for less than was asked for, and again when the follow-up runs', async () => {
    const here = await open()
    declare([declared()])
    const first = await here.requests.create(more(), acting(miro))
    const { grant } = await here.requests.approve(first.id, { duration: 2 * day, level: 'read' }, acting(erika))
    expect(await here.grants.read(grant!)).toMatchObject({ until: end + 2 * day, level: 'read' })
    clock.at = end + day
    const again = await here.requests.create(more({ extends: grant!, level: 'read', duration: day }), acting(miro))
    await here.requests.approve(again.id, {}, acting(erika))
    expect(inForce(here, end + 2.5 * day)).toHaveLength(1)
  })

  test('by command is followed as well', async () => {
    const here = await open()
    const { id } = await here.grants.give(
      { ...declared(), who: 'partners|miro', schedule: undefined, from: start, until: end },
      { kind: 'administrator', name: 'root' },
    )
    const asked = await here.requests.create(more({ extends: id }), acting(miro))
    await here.requests.approve(asked.id, {}, acting(erika))
    expect(inForce(here, end)).toHaveLength(1)
  })
})

describe('refused', () => {
  test.each<[string, string, () => Partial<WantedAccess>, Partial<Grant>]>([
    ['a grant without an end', 'requests_closed', () => ({}), { until: noEnd }],
    ['more than the grant was long', 'too_long', () => ({ duration: 31 * day }), {}],
    ['next to nothing', 'too_short', () => ({ duration: 1000 }), {}],
    ['a higher level', 'level_not_offered', () => ({ level: 'full' }), { level: 'read' }],
    ['without a reason', 'reason_missing', () => ({ reason: ' ' }), {}],
    ['a sponsor who is only a name', 'requests_closed', () => ({}), { sponsor: 'Erika' }],
    ['one’s own sponsor', 'requests_closed', () => ({}), { sponsor: 'miro@partner.example' }],
    ['another app', 'grant_unknown', () => ({ app: 'crm' }), {}],
  ])('%s', async (_what, code, change, grant) => {
    const here = await open({ apps: { erp: {}, crm: {} } })
    declare([declared(grant)])
    expect(await refusal(here.requests.create(more(change()), acting(miro)))).toBe(code)
  })

  test('a stranger’s request for the grant of another, as for one that does not exist', async () => {
    const here = await open()
    declare([declared()])
    expect(await refusal(here.requests.create(more(), acting(stranger)))).toBe('not_eligible')
    expect(await refusal(here.requests.create(more({ extends: 'yaml-2' }), acting(stranger)))).toBe('not_eligible')
    expect(here.requests.followUpFor(stranger, declared())).toBeUndefined()
    expect(here.requests.all()).toEqual([])
  })

  test('another account with the address, once the first has asked', async () => {
    const here = await open()
    declare([declared()])
    await here.requests.create(more(), acting(miro))
    const inherited = { ...miro, sub: 'another' }
    expect(await refusal(here.requests.create(more(), acting(inherited)))).toBe('not_eligible')
  })

  test('after the end, and the approval after the end', async () => {
    const here = await open()
    declare([declared()])
    const { id } = await here.requests.create(more(), acting(miro))
    clock.at = end
    expect(await refusal(here.requests.create(more(), acting(miro)))).toBe('grant_over')
    expect(await refusal(here.requests.approve(id, {}, acting(erika)))).toBe('request_lapsed')
  })

  test('a second one, before and after the approval, at the same time on two nodes', async () => {
    const here = await open()
    const there = await open()
    declare([declared()])
    const both = await Promise.all(nodes.map((node) => refusal(node.requests.create(more(), acting(miro)))))
    expect(both.filter((one) => one === 'already_requested')).toHaveLength(1)
    await settle()
    const [only] = here.requests.all()
    await there.requests.approve(only!.id, {}, acting(erika))
    await settle()
    for (const { requests } of nodes) {
      expect(await refusal(requests.create(more(), acting(miro)))).toBe('already_granted')
      expect(requests.followUpFor(miro, declared())).toBeUndefined()
    }
    expect(here.grants.all()).toHaveLength(2)
  })

  test('the approval by the holder, a stranger, an external account with the sponsor’s address, or an approver of the app', async () => {
    const here = await open()
    declare([declared()])
    const { id } = await here.requests.create(more(), acting(miro))
    const impostor = subject('erika', { provider: 'partners', external: true })
    for (const [who, code] of [
      [miro, 'own_request'],
      [stranger, 'not_an_approver'],
      [impostor, 'not_an_approver'],
      [boss, 'not_an_approver'],
      [subject('erika', { email: undefined }), 'not_an_approver'],
    ] as const) {
      expect(await refusal(here.requests.approve(id, {}, acting(who)))).toBe(code)
      expect(here.requests.awaitingDecision(who)).toEqual([])
    }
    expect(here.grants.all()).toHaveLength(1)
    // The administrator at the machine may, as for every request.
    expect(await here.requests.approve(id, {}, administrator)).toMatchObject({ state: 'approved' })
  })

  test('the approval by a sponsor whom the configuration no longer names', async () => {
    const here = await open()
    declare([declared()])
    const { id } = await here.requests.create(more(), acting(miro))
    declare([declared({ sponsor: 'thomas@example.com' })])
    expect(await refusal(here.requests.approve(id, {}, acting(erika)))).toBe('not_an_approver')
  })
})

describe('a follow-up never begins', () => {
  const followed = async () => {
    const here = await open({ apps: { erp: {} } })
    declare([declared()])
    const { id } = await here.requests.create(more(), acting(miro))
    const { grant } = await here.requests.approve(id, {}, acting(erika))
    return { here, grant: grant! }
  }

  test('when the line of the configuration was taken out before its end', async () => {
    const { here, grant } = await followed()
    clock.at = start + day
    declare([])
    await settle()
    expect(await here.grants.read(grant)).toMatchObject({ revokedFor: 'followed_gone' })
    expect(inForce(here, end)).toEqual([])
  })

  test('when the line was taken out while no node ran', async () => {
    const { grant } = await followed()
    for (const node of nodes.splice(0)) await node.stop()
    clock.at = start + day
    const later = await open({ apps: { erp: {} } })
    declare([])
    await settle()
    expect(await later.grants.read(grant)).toMatchObject({ revokedFor: 'followed_gone' })
  })

  test('but goes on when the line is taken out after its end, and when the line was only changed', async () => {
    const { here } = await followed()
    clock.at = start + day
    declare([declared({ id: 'yaml-2', reason: 'other words' })])
    await settle()
    clock.at = end + day
    declare([])
    await settle()
    expect(inForce(here, clock.at)).toHaveLength(1)
  })

  test('when the grant by command was revoked, on whichever node', async () => {
    const here = await open()
    const there = await open()
    const { id } = await here.grants.give(
      { ...declared(), who: 'partners|miro', from: start, until: end },
      { kind: 'administrator', name: 'root' },
    )
    await settle()
    const asked = await here.requests.create(more({ extends: id }), acting(miro))
    const { grant } = await here.requests.approve(asked.id, {}, acting(erika))
    await settle()
    await there.grants.revoke(id, { kind: 'administrator', name: 'root' })
    await settle()
    expect(await here.grants.read(grant!)).toMatchObject({ revokedFor: 'followed_gone' })
  })

  test('when its sponsor is no longer permitted', async () => {
    const { here, grant } = await followed()
    here.apply({ apps: { erp: {} }, sponsors: ['thomas@example.com'] })
    await settle()
    expect((await here.grants.read(grant))?.revokedAt).toBeDefined()
  })
})

test('the hour counts requests of all kinds', async () => {
  const here = await open()
  declare([declared()])
  for (let at = 0; at < 20; at++) {
    const { id } = await here.requests.create(more(), acting(miro))
    await here.requests.withdraw(id, acting(miro))
  }
  expect(await refusal(here.requests.create(more(), acting(miro)))).toBe('too_many_requests')
  clock.at += hour
  expect(await refusal(here.requests.create(more(), acting(miro)))).toMatchObject({ state: 'open' })
})

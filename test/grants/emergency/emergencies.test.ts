// Emergency access that is running or not reviewed, and following it from start to end.

import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import {
  emergencyUser,
  isOwnEmergency,
  openEmergencies,
  runningEmergencies,
} from '../../../src/grants/emergency/emergencies.ts'
import { createEmergencyFollower, type EmergencyFollowing } from '../../../src/grants/emergency/follow.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { hourGrant, openRequest } from '../records.ts'
import { hour, start } from '../requests/environment.ts'

const request = (id: string, more: Partial<GrantRequest> = {}) =>
  openRequest(id, {
    by: { provider: 'corp', sub: 'anna', email: 'anna@example.com', name: 'Anna' },
    emergency: true,
    state: 'approved',
    terms: { level: 'full', from: start, until: start + hour },
    grant: `request-${id}`,
    ...more,
  })
const grant = (id: string, more: Partial<Grant> = {}) => hourGrant({ id: `request-${id}`, ...more })
const reviewed = { at: start, by: request('x').by, comment: undefined }
const from = (requests: readonly GrantRequest[], grants: readonly Grant[]) => ({
  requests: { all: () => requests },
  grants: { all: () => grants },
})

describe('an emergency', () => {
  const found = (one: GrantRequest, grants: readonly Grant[], at = start) => openEmergencies(from([one], grants), at)

  test('runs from its request on, before its grant is written', () => {
    const one = request('a')
    expect(found(one, [])).toEqual([{ request: one, since: start, until: start + hour, endedAt: undefined }])
    expect(found(request('a', { grant: undefined }), [grant('a')])).toMatchObject([{ endedAt: undefined }])
    expect(found(one, [], start + hour)).toMatchObject([{ endedAt: start + hour }])
  })

  test('ends with its grant: as planned, earlier, or revoked', () => {
    const endOf = (more: Partial<Grant>, at: number) =>
      found(request('a'), [grant('b'), grant('a', more)], at)[0]!.endedAt
    expect(endOf({}, start + hour - 1)).toBeUndefined()
    expect(endOf({}, start + hour)).toBe(start + hour)
    expect(endOf({ until: start + 5 }, start + 5)).toBe(start + 5)
    expect(endOf({ revokedAt: start + 7 }, start + 8)).toBe(start + 7)
    expect(endOf({ revokedAt: start + hour + 9 }, start + 2 * hour)).toBe(start + hour)
  })

  test('is open until it has ended and is reviewed', () => {
    expect(found(request('a', { reviewed }), [grant('a')])).toHaveLength(1)
    expect(found(request('a', { reviewed }), [grant('a')], start + hour)).toEqual([])
    expect(found(request('a'), [grant('a')], start + hour)).toHaveLength(1)
  })

  test('is no ordinary request, nor one without terms', () => {
    expect(found(request('a', { emergency: false }), [grant('a')])).toEqual([])
    expect(found(request('a', { terms: undefined }), [])).toEqual([])
  })

  test('is listed as running until it ends', () => {
    const sources = from([request('a'), request('b')], [grant('a'), grant('b', { revokedAt: start })])
    expect(openEmergencies(sources, start).map(({ request: { id } }) => id)).toEqual(['a', 'b'])
    expect(runningEmergencies(sources, start).map(({ request: { id } }) => id)).toEqual(['a'])
  })

  test('is used by a user by name, address or account; by a code under the name that was stated', () => {
    const by = request('a').by
    const user = (more: Partial<GrantRequest>) => emergencyUser(request('a', more))
    expect(user({})).toEqual({ stated: false, name: 'Anna' })
    expect(user({ by: { ...by, name: undefined } })).toEqual({ stated: false, name: 'anna@example.com' })
    expect(user({ by: { ...by, name: undefined, email: undefined } })).toEqual({ stated: false, name: 'corp|anna' })
    const code = { provider: 'emergency', sub: 'c0de', email: undefined, name: 'Emergency code c0de' }
    expect(user({ by: code, statedName: 'Max' })).toEqual({ stated: true, name: 'Max', code: 'c0de' })
    expect(user({ by: code })).toEqual({ stated: true, name: undefined, code: 'c0de' })
  })

  test('is the own one of its account only', () => {
    const [one] = found(request('a'), [])
    expect(isOwnEmergency(one!, { provider: 'corp', sub: 'anna' })).toBe(true)
    expect(isOwnEmergency(one!, { provider: 'corp', sub: 'ben' })).toBe(false)
    expect(isOwnEmergency(one!, { provider: 'other', sub: 'anna' })).toBe(false)
  })
})

describe('following', () => {
  function stage(grants: readonly Grant[] = [], sessions: readonly string[] = []) {
    const recorded: AuditEvent[] = []
    const lines: [object, string][] = []
    const log = { warn: (fields: object, text: string) => void lines.push([fields, text]) } as never
    const revoked: unknown[] = []
    const asked: string[] = []
    const ended: unknown[] = []
    let listener: (ids: readonly string[], apps: readonly string[]) => void = () => {}
    const parts: EmergencyFollowing = {
      grants: {
        all: () => grants,
        revoke: (id, actor) => Promise.resolve(revoked.push([id, actor]) > 0),
        onChange: (next) => void (listener = next),
      },
      sessions: {
        ofSubject: (provider, sub) => {
          asked.push(`${provider}|${sub}`)
          return Promise.resolve(sessions.map((id) => ({ id })))
        },
        end: (...given) => Promise.resolve(ended.push(given) > 0),
      },
      log,
    }
    const follower = createEmergencyFollower((event) => void recorded.push(event), log)
    const later = () => new Promise(setImmediate)
    return {
      follower,
      parts,
      recorded,
      lines,
      revoked,
      asked,
      ended,
      change: (ids: string[]) => listener(ids, []),
      later,
    }
  }

  const about = { app: 'erp', who: 'corp|anna', statedName: undefined }
  const opened = (emergency: boolean, activity = 'opened') =>
    ({
      kind: 'request',
      activity,
      request: { ...about, id: 'r', reason: 'why', duration: hour, level: 'full', emergency, ticket: undefined },
    }) as unknown as AuditEvent
  const ofGrant = (activity: string, emergency?: boolean) =>
    ({
      kind: 'grant',
      activity,
      grant: { ...about, id: 'g', ...(emergency && { emergency }) },
    }) as unknown as AuditEvent

  test('records every event, and logs start and end of an emergency alone', () => {
    const { follower, recorded, lines } = stage()
    const events = [
      opened(true),
      opened(false),
      opened(true, 'reviewed'),
      ofGrant('given', true),
      ofGrant('revoked', true),
      ofGrant('ended', true),
      ofGrant('ended'),
    ]
    events.forEach(follower.record)
    expect(recorded).toEqual(events)
    expect(lines).toEqual([
      [{ ...about, request: 'r', reason: 'why', duration: hour, level: 'full' }, 'emergency access started'],
      [{ ...about, grant: 'g', how: 'revoked' }, 'emergency access ended'],
      [{ ...about, grant: 'g', how: 'ended' }, 'emergency access ended'],
    ])
  })

  const basis = { request: 'r', entitlement: 'codes', email: undefined, groups: [], external: false } as const
  const ofCode = (more: Partial<Grant> = {}) => grant('c', { who: 'emergency|c0de', basis, ...more })
  const signOut = (more: object = {}) =>
    ({
      kind: 'authentication',
      activity: 'sign_out',
      provider: 'emergency',
      detail: 'emergency|c0de',
      at: start,
      ...more,
    }) as unknown as AuditEvent

  test.each([
    ['signed out', {}, true],
    ['ended', { activity: 'session_ended' }, true],
    ['begun', { activity: 'sign_in' }, false],
    ['of another provider', { provider: 'corp' }, false],
    ['of another code', { detail: 'emergency|other' }, false],
  ])('the grant of a code is revoked with its only session: %s', async (_says, more, revokes) => {
    const { follower, parts, revoked, later } = stage([grant('a'), ofCode()])
    follower.record(signOut(more))
    follower.follow(parts)
    await later()
    expect(revoked).toEqual([])
    follower.record(signOut(more))
    await later()
    expect(revoked).toEqual(revokes ? [['request-c', { kind: 'system' }]] : [])
  })

  test.each<[string, Partial<Grant>]>([
    ['is over', { until: start }],
    ['is revoked already', { revokedAt: start - 1 }],
    ['was not opened by a code', { basis: { ...basis, entitlement: 'emergency' } }],
    ['has no basis', { basis: undefined }],
  ])('a grant that %s is left alone', async (_says, more) => {
    const { follower, parts, revoked, later } = stage([ofCode(more)])
    follower.follow(parts)
    follower.record(signOut())
    await later()
    expect(revoked).toEqual([])
  })

  test('sessions of a code are ended when its grant is revoked', async () => {
    const { follower, parts, asked, ended, change, later } = stage(
      [ofCode({ revokedAt: start }), grant('a', { revokedAt: start })],
      ['s1', 's2'],
    )
    follower.follow(parts)
    change(['request-a', 'request-c'])
    await later()
    expect(asked).toEqual(['emergency|c0de'])
    expect(ended).toEqual([
      ['s1', 'session_revoked', { kind: 'system' }],
      ['s2', 'session_revoked', { kind: 'system' }],
    ])
  })

  test('but not for another change, nor while the grant is valid', async () => {
    for (const [grants, ids] of [
      [[ofCode({ revokedAt: start })], ['request-a']],
      [[ofCode()], ['request-c']],
    ] as const) {
      const { follower, parts, asked, change, later } = stage(grants, ['s1'])
      follower.follow(parts)
      change([...ids])
      await later()
      expect(asked).toEqual([])
    }
  })

  test('what cannot be revoked or ended is logged, and does not hold up the rest', async () => {
    const stageOf = stage(
      [ofCode({ revokedAt: start }), grant('d', { who: 'emergency|d', revokedAt: start, basis })],
      ['s1'],
    )
    const { follower, parts, ended, lines, change, later } = stageOf
    const error = new Error('unreachable')
    const { ofSubject } = parts.sessions
    Object.assign(parts.sessions, {
      ofSubject: (provider: string, sub: string) => (sub === 'c0de' ? Promise.reject(error) : ofSubject(provider, sub)),
    })
    follower.follow(parts)
    change(['request-c', 'request-d'])
    await later()
    expect(lines).toEqual([
      [{ who: 'emergency|c0de', err: error }, 'the session of a revoked emergency grant could not be ended'],
    ])
    expect(ended).toHaveLength(1)

    const other = stage([ofCode()])
    Object.assign(other.parts.grants, { revoke: () => Promise.reject(error) })
    other.follower.follow(other.parts)
    other.follower.record(signOut())
    await other.later()
    expect(other.lines).toEqual([
      [{ grant: 'request-c', err: error }, 'the grant of an ended emergency session could not be revoked'],
    ])
  })
})

// OCSF: every event with any content is a valid OCSF 1.8 event on one line without control characters.

import { randomUUIDv7 } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accessFrom, decisionInput, type DecisionInput } from '../../../src/audit/decision-input.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createOcsf, type Stamp } from '../../../src/audit/ocsf/ocsf.ts'
import { ocsfProblems, schemaAtHand } from '../../support/ocsf-validator.ts'
import { anyAccess, anyEvent } from '../arbitrary-events.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const ocsfLine = createOcsf()
const stamp: Stamp = { uid: randomUUIDv7(), sequence: 7, instance: 'node-1', configuration: 'c0ffee' }
const by = schemaAtHand ? 'the OCSF schema and our contract' : 'our contract alone (no schema at hand)'

const denied: Extract<AuditEvent, { kind: 'access' }> = {
  kind: 'access',
  at: 1_800_000_000_000,
  origin: { requestId: 'r-1', address: '192.0.2.7', port: 50_123, userAgent: 'Mozilla/5.0' },
  actor: { kind: 'person', provider: 'login', sub: '42', email: 'anna@example.com', session: 's-1' },
  app: 'erp',
  decision: {
    effect: 'deny',
    rule: 'finance reads',
    reasons: [{ code: 'device_not_compliant', parameters: { attribute: 'firewall' } }],
    remedy: { kind: 'use_other_device' },
    limits: { download: undefined, upload: undefined },
    validUntil: 1_800_000_060_000,
    grant: undefined,
    monitored: undefined,
  },
  input: {
    identity: undefined,
    absence: 'no_session',
    device: { state: 'absent' },
    grants: [],
    network: { address: '192.0.2.7', names: new Set(['vpn', 'office']) },
    method: 'GET',
    path: '/invoices',
    now: 1_800_000_000_000,
  },
  configuration: 'abc123',
  request: {
    method: 'GET',
    host: 'erp.example.com:8443',
    path: '/invoices',
    scheme: 'https',
    version: '2',
    upgrade: undefined,
  },
  result: { status: 403, bytesIn: 0, bytesOut: 1200, duration: 3.7, end: 'answered', upstream: undefined },
}

describe('OCSF lines', () => {
  test(`any event with any content is valid by ${by}`, () => {
    fc.assert(
      fc.property(anyEvent, fc.option(fc.constant('hash'), { nil: undefined }), (event, configuration) => {
        expect(ocsfProblems(JSON.parse(ocsfLine(event, { ...stamp, configuration })))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  test('no content causes a second line, an escape sequence or a bidirectional control', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(ocsfLine(event, stamp)).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('the decision input restores the exact access request', () => {
    fc.assert(
      fc.property(anyAccess, (input) => {
        const line = JSON.parse(ocsfLine({ ...denied, input }, stamp)) as {
          unmapped: { decision_input: DecisionInput }
        }
        expect(accessFrom(line.unmapped.decision_input)).toStrictEqual(structuredClone(input))
        expect(line.unmapped.decision_input).toEqual(JSON.parse(JSON.stringify(decisionInput(input))))
      }),
      { numRuns: 500 },
    )
  })

  test('cached parts never appear in lines of other facts', () => {
    const anAccess = anyEvent.filter((event) => event.kind === 'access')
    fc.assert(
      fc.property(anAccess, anAccess, anyAccess, (first, other, input) => {
        const actor = { kind: 'person', provider: 'p', sub: 's' } as const
        const one = { ...first, actor, input, decision: { ...first.decision, effect: 'allow' as const } }
        const { network, identity } = input
        const changes: Partial<typeof first>[] = [
          {},
          { app: 'another' },
          { configuration: 'another' },
          { actor: { ...actor, sub: 't' } },
          { decision: { ...one.decision, rule: 'another' } },
          { origin: other.origin },
          { origin: { ...one.origin, address: '192.0.2.99' } },
          { request: other.request },
          { request: { ...one.request, host: 'other.example.com' } },
          { request: { ...one.request, scheme: 'gopher' } },
          { result: other.result },
          { input: other.input },
          { input: { ...input, absence: 'session_idle' } },
          { input: { ...input, absence: 'no_session' } },
          { input: { ...input, device: { state: 'unreachable' } } },
          { input: { ...input, grants: [] } },
          { input: { ...input, network: { ...network, names: new Set(['elsewhere']) } } },
          { input: { ...input, network: { ...network, address: '192.0.2.98' } } },
          { input: { ...input, identity: undefined } },
          ...(identity === undefined
            ? []
            : [
                { input: { ...input, identity: { ...identity, subject: { ...identity.subject, sub: 'x' } } } },
                {
                  input: {
                    ...input,
                    identity: { ...identity, authentication: { ...identity.authentication, acr: 'x' } },
                  },
                },
              ]),
        ]
        for (const change of changes) {
          const remembering = createOcsf()
          remembering(one, stamp)
          const event = { ...one, ...change }
          expect(remembering(event, stamp)).toBe(createOcsf()(event, stamp))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a cached decision and its session are released after a minute', async () => {
    const line = createOcsf()
    const tell = (at: number): WeakRef<object> => {
      const decision = { ...denied.decision, effect: 'allow' as const, reasons: [] }
      line({ ...denied, at, decision }, stamp)
      return new WeakRef(decision)
    }
    const held = [tell(denied.at), tell(denied.at + 59_000)]
    const left = async (): Promise<number> => {
      // A WeakRef keeps its target alive until the end of the current job.
      await new Promise((resolve) => setImmediate(resolve))
      collectGarbage()
      return held.filter((decision) => decision.deref() !== undefined).length
    }
    expect(await left()).toBe(2)
    tell(denied.at + 61_000)
    expect(await left()).toBe(0)
  })

  test('a denial contains user, app, rule, configuration and reason', () => {
    expect(JSON.parse(ocsfLine(denied, stamp))).toMatchObject({
      class_uid: 4002,
      type_uid: 400_203,
      status_id: 2,
      status_detail: 'device_not_compliant',
      action_id: 2,
      disposition_id: 2,
      metadata: { correlation_uid: 'r-1', sequence: 7, uid: stamp.uid },
      actor: { user: { uid: 'login|42', email_addr: 'anna@example.com' }, session: { uid: 's-1' } },
      src_endpoint: { ip: '192.0.2.7', port: 50_123 },
      dst_endpoint: { svc_name: 'erp', hostname: 'erp.example.com', port: 8443 },
      policy: { uid: 'finance reads', version: 'abc123', is_applied: true },
      http_request: { http_method: 'GET', url: { path: '/invoices' }, user_agent: 'Mozilla/5.0' },
      http_response: { code: 403, latency: 3 },
      unmapped: {
        decision_input: { network: { names: ['office', 'vpn'] } },
        decision: {
          effect: 'deny',
          reasons: [{ code: 'device_not_compliant', parameters: { attribute: 'firewall' } }],
        },
      },
    })
  })

  test.each([
    ['allow', undefined, 'complete', 1, 1, 1],
    ['allow', 'deny', 'complete', 3, 17, 1],
    ['allow', undefined, 'cut', 2, 24, 2],
    ['allow', undefined, 'upstream_failed', 1, 1, 2],
    ['challenge', undefined, 'answered', 2, 23, 2],
    ['deny', undefined, 'answered', 2, 2, 2],
  ] as const)('%s (monitored: %s) that ended %s', (effect, monitored, end, action, disposition, status) => {
    const event = {
      ...denied,
      decision: { ...denied.decision, effect, monitored },
      result: { ...denied.result, end },
    }
    expect(JSON.parse(ocsfLine(event, stamp))).toMatchObject({
      action_id: action,
      disposition_id: disposition,
      status_id: status,
      policy: { is_applied: monitored === undefined },
    })
  })

  test('a user agent is truncated to 512 characters', () => {
    const event = { ...denied, origin: { ...denied.origin, userAgent: 'x'.repeat(5000) } }
    expect(JSON.parse(ocsfLine(event, stamp)).http_request.user_agent).toHaveLength(512)
  })

  test('an unknown method is not a valid http_method and appears under unmapped', () => {
    const event = { ...denied, request: { ...denied.request, method: 'PROPFIND' } }
    const line = JSON.parse(ocsfLine(event, stamp))
    expect(line).toMatchObject({ activity_id: 99, activity_name: 'PROPFIND', unmapped: { method: 'PROPFIND' } })
    expect(line.http_request.http_method).toBeUndefined()
  })

  test('the validator rejects invalid events', () => {
    const good = JSON.parse(ocsfLine(denied, stamp))
    expect(ocsfProblems(good)).toEqual([])
    const bad = (change: object) => ocsfProblems({ ...good, ...change })
    expect(bad({ type_uid: 1 })).not.toEqual([])
    expect(bad({ metadata: { ...good.metadata, uid: undefined } })).not.toEqual([])
    expect(bad({ time: '2026' })).not.toEqual([])
    if (!schemaAtHand) return
    expect(bad({ nonsense: 1 })).toEqual(['http_activity.nonsense: unknown attribute'])
    expect(bad({ disposition_id: 77 })).not.toEqual([])
    expect(bad({ src_endpoint: {} })).not.toEqual([])
    expect(bad({ metadata: { ...good.metadata, profiles: [] } })).not.toEqual([])
    expect(bad({ http_response: {} })).not.toEqual([])
    expect(bad({ src_endpoint: { ip: 'not an address' } })).not.toEqual([])
  })
})

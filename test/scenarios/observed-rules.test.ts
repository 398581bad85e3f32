// Rules in mode monitor leave a trace: in the audit, in a metric and in `einlass status`, and have no influence.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import { startTestEnvironment, type Json, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      machines: {
        policy: [
          { name: 'everybody', allow: {} },
          { name: 'trial', mode: 'monitor', deny: { claims: { contractor: { values: ['true'], absent: 'unknown' } } } },
          { name: 'never', mode: 'observe', deny: { groups: ['nobody'] } },
        ],
      },
      wiki: { policy: [{ name: 'everybody', allow: {} }] },
    },
  })
  node = await stage.startNode('a')
})
afterAll(() => stage?.stop())

const decisionOf = (event: unknown) => ((event as Json)['unmapped'] as Json)['decision'] as Json
const accessTo = (app: string) => (event: Json) =>
  event['class_uid'] === 4002 && (event['dst_endpoint'] as Json)['svc_name'] === app && event['status_id'] === 1

test('a matching rule is recorded with its reasons, and the request is let in', async () => {
  const ada = stage.person('ada')
  const { status } = await ada.signIn(`${stage.origin('machines')}/`, node.port)
  expect(status).toBe(200)
  const decision = decisionOf(await node.event(accessTo('machines')))
  expect(decision).toMatchObject({ effect: 'allow', rule: 'everybody' })
  expect(decision['observed']).toEqual([
    {
      rule: 'trial',
      effect: 'deny',
      reasons: [
        { code: 'denied_by_unknown', parameters: { app: expect.any(String) } },
        { code: 'claim_unknown', parameters: { app: expect.any(String), claim: 'contractor' } },
      ],
    },
  ])
  const { stdout } = await node.cli('status')
  expect(stdout).toMatch(/^observed {7}machines: "trial", mode monitor, would deny 1 requests since the start$/m)
  expect(stdout).toMatch(/^observed {7}machines: "never", mode monitor, would deny 0 requests since the start$/m)

  await ada.signIn(`${stage.origin('wiki')}/`, node.port)
  expect(decisionOf(await node.event(accessTo('wiki')))).not.toHaveProperty('observed')
})

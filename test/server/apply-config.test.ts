// The active configuration: what request handling uses of an app is computed at reload.

import { expect, test } from 'vitest'
import { noHeaders, toRawHeaders } from '../../src/proxy/headers/serialized-headers.ts'
import { buildActiveConfig } from '../../src/server/apply-config.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { head, valid, wiki } from '../config/config-fixtures.ts'

const options = { log: createLogger({ level: 'silent' }), now: Date.now, postureHeaders: ['x-device-compliant'] }
const said = { host: 'a', scheme: 'https', address: '203.0.113.7', requestId: 'r', identity: noHeaders } as const

test('header rules of its own has only an app that names fields, and a reload changes them', async () => {
  const first = buildActiveConfig(await valid(`${head}apps:\n${wiki}`), undefined, options)
  expect(first.apps.get('wiki')?.headers).toBeUndefined()

  const changed = wiki.replace(' policy', ' headers: { keep: [X-Device-Id, X-Device-Model] }, policy')
  const second = buildActiveConfig(await valid(`${head}apps:\n${changed}`), first, options)
  const app = second.apps.get('wiki')
  expect(app?.upstream).toBe(first.apps.get('wiki')?.upstream)
  const sent = toRawHeaders(app!.headers!.request(['X-Device-Id', '7', 'X-Device-Compliant', 'true'], said))
  expect(sent).toContain('X-Device-Id')
  expect(sent).not.toContain('X-Device-Compliant')
  await Promise.all([...second.apps.values()].map(({ upstream }) => upstream.retire()))
})

test('the groups an app receives stay the same set in a reload that does not change them, so that nothing is signed anew', async () => {
  const first = buildActiveConfig(await valid(`${head}apps:\n${wiki}`), undefined, options)
  const renamed = wiki.replace(' policy', ' title: The wiki, policy')
  const second = buildActiveConfig(await valid(`${head}apps:\n${renamed}`), first, options)
  const other = wiki.replace('groups: [staff]', 'groups: [staff, board]')
  const third = buildActiveConfig(await valid(`${head}apps:\n${other}`), second, options)
  const [one, two, three] = [first, second, third].map(({ apps }) => apps.get('wiki')!.config.headerGroups)
  expect(two).toBe(one)
  expect(three).toEqual(new Set(['staff', 'board']))
  await Promise.all([...third.apps.values()].map(({ upstream }) => upstream.retire()))
})

// Audit lines in words: each kind of event the demo writes becomes a sentence with names, in both languages.

import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createOcsf } from '../../../src/audit/ocsf/ocsf.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { externals, staff } from '../../../src/demo/people.ts'
import { followAudit } from '../../../src/demo/scenes/audit-tail.ts'
import { inWords, type AuditContext } from '../../../src/demo/scenes/audit-words.ts'

const context = (language: 'en' | 'de'): AuditContext => ({
  people: [...staff, ...externals],
  titles: { machines: 'Machines' },
  providers: { company: 'Muster GmbH', partner: 'Partner AG' },
  language,
  timeZone: 'UTC',
})
const stamp = { uid: 'u', sequence: 1, instance: 'i', configuration: 'c' }
const at = Date.UTC(2026, 10, 30, 12)
const thomas = {
  kind: 'person',
  provider: 'company',
  sub: 'thomas',
  email: 'thomas@example.com',
  name: 'Thomas Berger',
} as const
const erika = {
  kind: 'person',
  provider: 'company',
  sub: 'erika',
  email: 'erika@example.com',
  name: 'Erika Musterfrau',
} as const
const origin = { requestId: 'r', address: '127.0.0.1' }
const request = {
  id: '1',
  app: 'machines',
  who: 'company|thomas',
  level: 'full',
  duration: 3_600_000,
  reason: 'Press 4',
  ticket: undefined,
  extends: undefined,
  emergency: false,
}
const grant = {
  id: 'g',
  who: 'partner|mailto:miro@partner.example',
  app: 'machines',
  level: 'full',
  from: 0,
  until: at + 60_000,
  reason: 'Press 4',
  sponsor: undefined,
}

const events: readonly (readonly [AuditEvent, string, string])[] = [
  [
    { kind: 'request', at, actor: thomas, activity: 'opened', request },
    'Thomas Berger asks for access to Machines',
    'Thomas Berger beantragt Zugang zu Machines',
  ],
  [
    { kind: 'request', at, actor: erika, activity: 'approved', request },
    'Erika Musterfrau approves access of Thomas Berger to Machines',
    'Erika Musterfrau genehmigt Thomas Berger den Zugang zu Machines',
  ],
  [
    { kind: 'grant', at, actor: { kind: 'system' }, activity: 'given', grant },
    'Miro Novák may use Machines until 12:01:00',
    'Miro Novák darf Machines bis 12:01:00 benutzen',
  ],
  [
    {
      kind: 'authentication',
      at,
      origin,
      actor: thomas,
      activity: 'sign_in',
      outcome: 'success',
      reason: undefined,
      detail: undefined,
      provider: 'company',
      session: 's',
      mfa: true,
    },
    'Thomas Berger has signed in at Muster GmbH',
    'Thomas Berger hat sich bei Muster GmbH angemeldet',
  ],
  [
    {
      kind: 'device',
      at,
      actor: { kind: 'system' },
      device: 'laptop-0815',
      source: 'agent',
      activity: 'changed',
      detail: 'disk_encrypted true -> false',
    },
    'laptop-0815: disk encrypted yes → no',
    'laptop-0815: Festplatte verschlüsselt ja → nein',
  ],
]

test.each(events)('%#: %o', (event, english, german) => {
  const line = JSON.parse(createOcsf()(event, stamp)) as object
  expect(inWords(line, context('en'))?.text).toBe(english)
  expect(inWords(line, context('de'))?.text).toBe(german)
})

test('renewed tokens, and what the page with the scenes itself serves, say nothing', () => {
  const refresh = { ...events[3]![0], activity: 'refresh' } as AuditEvent
  expect(inWords(JSON.parse(createOcsf()(refresh, stamp)) as object, context('en'))).toBeUndefined()
  const own = {
    class_uid: 4002,
    time: at,
    metadata: { uid: 'u' },
    dst_endpoint: { svc_name: 'demo' },
    unmapped: { decision: { effect: 'allow' } },
  }
  expect(inWords(own, context('en'))).toBeUndefined()
})

test('an event that is only half written is read when it is whole, whatever character it is split in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-test-'))
  const file = join(folder, 'audit.jsonl')
  await writeFile(file, '{"n":1}\n')
  const tail = followAudit(file)
  try {
    await expect.poll(() => tail.recent()).toEqual([{ n: 1 }])
    const heard: object[] = []
    tail.listen((event) => heard.push(event))
    const line = Buffer.from('{"name":"Novák"}\n')
    const inside = line.indexOf(0xc3) + 1
    await appendFile(file, line.subarray(0, inside))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(heard).toEqual([])
    await appendFile(file, line.subarray(inside))
    await expect.poll(() => heard).toEqual([{ name: 'Novák' }])
  } finally {
    tail.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

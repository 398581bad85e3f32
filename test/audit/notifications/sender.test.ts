// The organisation in mails: its name as the sender's and at the end, with the support, and nothing without an organisation.

import { afterEach, expect, test, vi } from 'vitest'
import type { Sender } from '../../../src/audit/notifications/sender.ts'
import { senderOf, signed } from '../../../src/audit/notifications/sender.ts'
import { findingLine } from '../audit-lines.ts'
import { createSinkEnvironment, mailTo, type SinkEnvironment } from './sink-environment.ts'

let bench: SinkEnvironment
afterEach(() => bench.clear())

const none = { mail: undefined, phone: undefined, url: undefined }
const muster: Sender = { name: 'Muster Maschinenbau', support: { ...none, mail: 'help@muster.example', phone: '230' } }
const anonymous = { name: '', address: 'einlass@example.com' }

async function mailOf(sender: Sender, from = anonymous): Promise<string> {
  bench = createSinkEnvironment(
    Date.now,
    () => 'UTC',
    () => sender,
  )
  const peer = await bench.smtp()
  const sink = await bench.open(mailTo(peer, { from }))
  await sink.write(Buffer.from(findingLine()))
  await vi.waitFor(() => expect(peer.mails).toHaveLength(1), { timeout: 8000 })
  return peer.mails[0]!.raw
}

test('a mail comes from the organisation and ends with its name and support', async () => {
  const raw = await mailOf(muster)
  expect(raw).toMatch(/^From: "?Muster Maschinenbau"? <einlass@example\.com>/m)
  expect(raw.replaceAll('=\r\n', '')).toContain('Questions: help@muster.example, 230.')
})

test('a sender that the mail settings name stays', async () => {
  expect(await mailOf(muster, { name: 'Access desk', address: 'einlass@example.com' })).toMatch(
    /^From: "?Access desk"? </m,
  )
})

test('without an organisation a mail is as before', () => {
  const wording = { footer: 'Sent by Einlass.', language: 'de' as const }
  const product: Sender = { name: 'Einlass', support: { ...none, mail: 'help@muster.example' } }
  expect(signed(wording, product)).toBe(wording)
  expect(signed(wording, undefined)).toBe(wording)
  expect(senderOf(anonymous, product)).toBe(anonymous)
  expect(signed(wording, { ...muster, support: none }).footer).toBe('Muster Maschinenbau. Sent by Einlass.')
})

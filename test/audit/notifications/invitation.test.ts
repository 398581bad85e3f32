// Invitations: the first mail to the person of a grant, in their language; the sponsor gets the facts; no name becomes a header.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createGrantEvents } from '../../../src/grants/grant-events.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { hourGrant } from '../../grants/records.ts'
import { configurationOf } from '../../grants/requests/environment.ts'
import { mailSubject, mailText } from '../../support/mail-text.ts'
import type { ReceivedMail } from '../../support/smtp-server.ts'
import { lineOf } from '../audit-lines.ts'
import { createSinkEnvironment, mailTo, type SinkEnvironment } from './sink-environment.ts'

let bench: SinkEnvironment
beforeEach(() => {
  bench = createSinkEnvironment(Date.now, () => 'Europe/Berlin')
})
afterEach(() => bench.clear())

const configuration = configurationOf()
const events = createGrantEvents(
  () => configuration,
  createEntitlements(() => configuration),
)
const granted: Partial<Grant> = {
  who: 'partners|mailto:miro@partner.example',
  from: 0,
  until: Date.parse('2027-01-02T23:00:00Z'),
  timeZone: 'Europe/Berlin',
  sponsor: 'erika@example.com',
  reason: 'Press 4',
  origin: 'configuration',
}

/** Mails about this grant, by recipient. */
async function mailsAbout(
  grant: Partial<Grant>,
  activity: 'given' | 'ending' = 'given',
): Promise<ReadonlyMap<string, ReceivedMail>> {
  const peer = await bench.smtp()
  const sink = await bench.open(mailTo(peer, { to: ['requester', 'sponsor'] }))
  const event = events.grantEvent(Date.now(), activity, hourGrant({ ...granted, ...grant }), { kind: 'system' })
  await sink.write(Buffer.from(lineOf(event)))
  await vi.waitFor(() => expect(peer.mails.length).toBeGreaterThan(0), { timeout: 8000 })
  await vi.waitFor(() => expect(sink.status!().waiting).toBe(0), { timeout: 8000 })
  await sink.close()
  return new Map(peer.mails.map((mail) => [mail.to[0]!, mail]))
}

test('says who of which organisation gives access to what until when, where, with which account, and whom to ask', async () => {
  const mails = await mailsAbout({})
  const mail = mails.get('miro@partner.example')!
  expect(mailSubject(mail)).toBe('access.example.com: you have access to ERP')
  const text = mailText(mail)
  expect(text).toContain('erika@example.com of access.example.com gives you access to ERP.')
  expect(text).toMatch(/You can use it until Sat,? 2 January 2027; it then ends by itself\./)
  expect(text).toContain('https://erp.example.com/')
  expect(text).toMatch(/Sign in with: +miro@partner\.example \(partners\)/)
  expect(text).toMatch(/Ask: +erika@example\.com/)
  expect(text).toContain('We never ask for your password by mail.')
  expect(text).not.toMatch(/1970|From:/)
  // Who answers for the access gets the facts as before.
  expect(mailSubject(mails.get('erika@example.com')!)).toBe('Access granted: ERP for miro@partner.example')
})

test('is in the language of the person, as are later mails to them; the sponsor reads that of the mails', async () => {
  const mails = await mailsAbout({ language: 'de' })
  const mail = mails.get('miro@partner.example')!
  expect(mailSubject(mail)).toBe('access.example.com: Sie haben Zugang zu ERP')
  expect(mail.raw).toMatch(/^Content-Language: de$/m)
  expect(mailText(mail)).toMatch(/bis Sa\.,? 2\. Januar 2027 nutzen/)
  expect(mails.get('erika@example.com')!.raw).toMatch(/^Content-Language: en$/m)
  const later = await mailsAbout({ language: 'de' }, 'ending')
  expect(mailSubject(later.get('miro@partner.example')!)).toContain('Zugang endet bald')
})

test('is not sent for access that was requested, nor at its end', async () => {
  const basis = {
    request: 'r',
    entitlement: 'requests',
    email: 'miro@partner.example',
    groups: [],
    external: true,
  } as const
  const requested = await mailsAbout({ who: 'partners|miro', basis, origin: 'runtime' })
  expect(mailSubject(requested.get('miro@partner.example')!)).toContain('Access granted')
  const ending = await mailsAbout({}, 'ending')
  expect(mailSubject(ending.get('miro@partner.example')!)).toContain('Access ends soon')
})

test('a sponsor, reason or account with line breaks adds no header, recipient or markup', async () => {
  const evil = 'Erika\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>'
  const mails = await mailsAbout({
    sponsor: evil,
    reason: evil,
    contract: evil,
    who: 'partners|mailto:miro@partner.example',
  })
  expect([...mails.keys()]).toEqual(['miro@partner.example'])
  const { raw } = mails.get('miro@partner.example')!
  expect(raw.slice(0, raw.indexOf('\n\n'))).not.toMatch(/^Bcc:/im)
  expect(raw.slice(raw.indexOf('Content-Type: text/html'))).not.toContain('<script>')
  const odd = await bench.smtp()
  const sink = await bench.open(mailTo(odd, { to: ['requester'], name: 'odd' }))
  const event = events.grantEvent(
    Date.now(),
    'given',
    hourGrant({ ...granted, who: 'partners|mailto:a@partner.example\r\nRCPT TO:<all@evil.example>' }),
    { kind: 'system' },
  )
  await sink.write(Buffer.from(lineOf(event)))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(odd.mails).toEqual([])
})

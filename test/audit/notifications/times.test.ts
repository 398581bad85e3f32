// Times in mails: in the zone of the gateway, an inclusive day as that day, no beginning in 1970 and no end in 9999.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { noEnd } from '../../../src/policy/grant-period.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createGrantEvents } from '../../../src/grants/grant-events.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { hourGrant } from '../../grants/records.ts'
import { configurationOf } from '../../grants/requests/environment.ts'
import { mailText } from '../../support/mail-text.ts'
import { lineOf } from '../audit-lines.ts'
import { createSinkEnvironment, mailTo, type SinkEnvironment } from './sink-environment.ts'

let zone = 'UTC'
let bench: SinkEnvironment
beforeEach(() => {
  bench = createSinkEnvironment(Date.now, () => zone)
})
afterEach(() => bench.clear())

const configuration = configurationOf()
const events = createGrantEvents(
  () => configuration,
  createEntitlements(() => configuration),
)

/** The text of the mail about this grant. */
async function mailAbout(grant: Partial<Grant>): Promise<string> {
  const peer = await bench.smtp()
  const sink = await bench.open(mailTo(peer, { to: ['it@example.com'] }))
  const event = events.grantEvent(Date.now(), 'given', hourGrant(grant), { kind: 'system' })
  await sink.write(Buffer.from(lineOf(event)))
  await vi.waitFor(() => expect(peer.mails).toHaveLength(1), { timeout: 8000 })
  await sink.close()
  return mailText(peer.mails[0]!)
}

test('an inclusive day is the day it was written, with its zone for readers elsewhere', async () => {
  const day = { until: Date.parse('2027-01-02T23:00:00Z'), timeZone: 'Europe/Berlin' }
  zone = 'Europe/Berlin'
  expect(await mailAbout(day)).toMatch(/Until: +Sat,? 2 January 2027\n/)
  zone = 'Asia/Tokyo'
  expect(await mailAbout(day)).toMatch(/Until: +Sat,? 2 January 2027 \(Europe\/Berlin\)\n/)
})

test('an exact moment is in the zone of the gateway', async () => {
  zone = 'Asia/Tokyo'
  expect(await mailAbout({ until: Date.parse('2027-01-02T23:00:00Z') })).toMatch(
    /Until: +Sun,? 3 January 2027.* 08:00 GMT\+9\n/,
  )
})

test('a grant without beginning says no From, never 1970; one without end no Until, and not that it ends', async () => {
  zone = 'UTC'
  const text = await mailAbout({ from: 0, until: noEnd })
  for (const word of ['1970', '9999', 'From:', 'Until:', 'ends automatically']) expect(text).not.toContain(word)
})

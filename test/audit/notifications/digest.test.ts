// Digests: what one recipient is told within a minute is one or two mails, nothing is lost, and alarms wait for nothing.

import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mailSubject, mailText } from '../../support/mail-text.ts'
import { findingLine, grantEvent, lineOf, requestEvent } from '../audit-lines.ts'
import type { MailSettings } from '../../../src/config/audit-settings.ts'
import { createSinkEnvironment, mailTo, type SinkEnvironment } from './sink-environment.ts'

let bench: SinkEnvironment
let clock: { ahead: number }
beforeEach(() => {
  clock = { ahead: 0 }
  bench = createSinkEnvironment(() => Date.now() + clock.ahead)
})
afterEach(() => bench.clear())

const minute = 60_000
const patience = { timeout: 10_000, interval: 20 }
const toSponsor = (peer: { readonly port: number }) => mailTo(peer, { to: ['sponsor'], digest: minute })
const ending = (app: string): string =>
  lineOf(grantEvent('ending', {}, { app, requester: undefined, sponsor: 'erika@example.com' }))
const names = (count: number, prefix = 'app') => Array.from({ length: count }, (_one, at) => `${prefix}-${at}-`)

/** Opens a sink to one sponsor, and has the messages of these apps wait behind one that was sent. */
async function withWaiting(apps: readonly string[], settings: Partial<MailSettings> = {}) {
  const peer = await bench.smtp()
  const sink = await bench.open({ ...toSponsor(peer), ...settings }, { upkeep: 50 })
  await sink.write(Buffer.from(ending('first')))
  await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 1 }), patience)
  await sink.write(Buffer.from(apps.map(ending).join('')))
  return { peer, sink }
}

test('200 mails to one sponsor within half a minute are two, and each message is in exactly one', async () => {
  const peer = await bench.smtp()
  const sink = await bench.open(toSponsor(peer), { upkeep: 50 })
  const apps = names(200)
  for (let at = 0; at < apps.length; at += 10) {
    await sink.write(
      Buffer.from(
        apps
          .slice(at, at + 10)
          .map(ending)
          .join(''),
      ),
    )
    clock.ahead += 1500
  }
  await vi.waitFor(() => expect(peer.mails).toHaveLength(1), patience)
  expect(sink.status!()).toMatchObject({ state: 'working' })
  clock.ahead += minute
  await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 200, dead: 0 }), patience)
  expect(peer.mails).toHaveLength(2)
  expect(mailSubject(peer.mails[1]!)).toMatch(/^1\d\d notifications$/)
  const told = peer.mails.map(mailText).join('\n')
  for (const app of apps) expect(told.split(`: ${app} for`)).toHaveLength(2)
})

test('messages that wait survive a restart', async () => {
  const { peer, sink: first } = await withWaiting(names(5))
  await first.close()
  expect(bench.spooled()).toHaveLength(5)
  const second = await bench.open(toSponsor(peer), { upkeep: 50 })
  await vi.waitFor(() => expect(peer.mails).toHaveLength(2), patience)
  clock.ahead += minute
  await vi.waitFor(() => expect(second.status!()).toMatchObject({ waiting: 0, delivered: 5 }), patience)
  expect(peer.mails.length).toBeLessThanOrEqual(3)
  const told = peer.mails.map(mailText).join('\n')
  for (const app of names(5)) expect(told.split(`: ${app} for`)).toHaveLength(2)
})

test('a digest that is rejected takes no message with it: each is sent alone, and only what cannot be sent is given up', async () => {
  const { peer, sink } = await withWaiting(names(4))
  let refusals = 1
  peer.manners = { recipient: () => (refusals-- > 0 ? '550 5.7.1 not this one' : undefined) }
  clock.ahead += minute
  await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 5, dead: 0 }), patience)
})

test('a server that is away for a while loses no digest', async () => {
  const { peer, sink } = await withWaiting(names(4))
  peer.manners = { greeting: '421 4.3.2 shutting down' }
  clock.ahead += minute
  await vi.waitFor(() => expect(sink.status!().state).toBe('failing'), patience)
  peer.manners = {}
  clock.ahead += 10 * minute
  sink.reopen!()
  await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 5, dead: 0 }), patience)
  const told = peer.mails.map(mailText).join('\n')
  for (const app of names(4)) expect(told.split(`: ${app} for`)).toHaveLength(2)
})

test('an alarm is a mail of its own, at once', async () => {
  const peer = await bench.smtp()
  const sink = await bench.open(mailTo(peer, { to: ['it@example.com'], digest: minute }), { upkeep: 50 })
  await sink.write(Buffer.from(names(3).map(ending).join('')))
  await vi.waitFor(() => expect(peer.mails).toHaveLength(1), patience)
  await sink.write(Buffer.from(findingLine('critical', 'Disk full')))
  await sink.write(Buffer.from(lineOf(requestEvent('opened', { emergency: true }))))
  await vi.waitFor(() => expect(peer.mails).toHaveLength(3), patience)
  expect(peer.mails.map(mailSubject).slice(1).join()).toContain('Disk full')
})

test('other recipients wait for nobody', async () => {
  const peer = await bench.smtp()
  const sink = await bench.open(toSponsor(peer), { upkeep: 50 })
  const to = (sponsor: string) => lineOf(grantEvent('ending', {}, { requester: undefined, sponsor }))
  await sink.write(Buffer.from(to('erika@example.com') + to('ERIKA@example.com') + to('thomas@example.com')))
  await vi.waitFor(() => expect(peer.mails).toHaveLength(2), patience)
  await pause(200)
  expect(peer.mails.map((mail) => mail.to[0])).toEqual(['erika@example.com', 'thomas@example.com'])
})

test('what awaits a decision comes first, and no name of a user is in the subject', async () => {
  const peer = await bench.smtp()
  const sink = await bench.open(mailTo(peer, { to: ['it@example.com'], digest: minute, language: 'de' }), {
    upkeep: 50,
  })
  const opened = lineOf(requestEvent('opened', {}, { person: 'Mallory\r\nBcc: all@example.com <b>', app: 'ERP' }))
  await sink.write(Buffer.from(ending('one')))
  await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 1 }), patience)
  await sink.write(Buffer.from([ending('two'), opened].join('')))
  clock.ahead += minute
  await vi.waitFor(() => expect(peer.mails).toHaveLength(2), patience)
  const [, digest] = peer.mails
  expect(mailSubject(digest!)).toBe('2 Benachrichtigungen, 1 zu entscheiden')
  expect(digest!.raw).not.toMatch(/^Bcc:/im)
  expect(mailText(digest!)).toMatch(/^1\. Mallory.*beantragt/m)
  expect(digest!.raw.slice(digest!.raw.indexOf('Content-Type: text/html'))).not.toContain('<b>')
})

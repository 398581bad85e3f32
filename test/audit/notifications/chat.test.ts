// Webhook, Slack and Teams: posted bodies, HMAC signature, and escaping of hostile event content.

import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { notificationOf } from '../../../src/audit/notifications/notification.ts'
import { oneLine } from '../../../src/audit/notifications/sanitize.ts'
import { slackMessage } from '../../../src/audit/notifications/slack.ts'
import { teamsMessage } from '../../../src/audit/notifications/teams.ts'
import { messageOf } from '../../../src/audit/notifications/message.ts'
import { certificateFolder, type CertificateFolder, type TestCertificate } from '../../support/certificates.ts'
import { anyEvent, anyText } from '../arbitrary-events.ts'
import { findingLine, grantEvent, grantLine, lineOf, requestEvent, tell } from '../audit-lines.ts'
import { chatTo, createSinkEnvironment, secret, webhookTo, type SinkEnvironment } from './sink-environment.ts'

let bench: SinkEnvironment
let certificates: CertificateFolder
let certificate: TestCertificate
beforeAll(() => {
  certificates = certificateFolder()
  certificate = certificates.make(['localhost'])
})
afterAll(() => certificates.remove())
beforeEach(() => {
  bench = createSinkEnvironment()
})
afterEach(() => bench.clear())

const waitOptions = { timeout: 8000 }

describe('webhook', () => {
  test('posts the audit line unchanged, signed with a timestamp', async () => {
    const peer = await bench.http()
    const sink = await bench.open(webhookTo(peer))
    const line = lineOf(requestEvent('opened', { reason: 'Ümläut "quoted" \u2028' }))
    const before = Math.floor(Date.now() / 1000)
    await sink.write(Buffer.from(line))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    const { body, headers, method, path } = peer.taken[0]!
    expect({ method, path, type: headers['content-type'] }).toEqual({
      method: 'POST',
      path: '/hook',
      type: 'application/json',
    })
    expect(body).toBe(line.trim())
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-einlass-signature']))!
    expect(headers['x-einlass-timestamp']).toBe(time)
    expect(Number(time)).toBeGreaterThanOrEqual(before)
    expect(signature).toBe(createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'))
    expect(headers['idempotency-key']).toMatch(new RegExp(`^${JSON.parse(line).metadata.uid}-[0-9a-f]{12}$`))
    expect(JSON.stringify(headers)).not.toContain(secret)
  })

  test('verifies the TLS certificate of the peer', async () => {
    const peer = await bench.http(certificate)
    const url = peer.url.replace('127.0.0.1', 'localhost')
    const trusting = await bench.open(webhookTo({ url }, { ca: certificate.cert, name: 'trusting' }))
    const wary = await bench.open(webhookTo({ url }, { name: 'wary' }))
    for (const sink of [trusting, wary]) await sink.write(Buffer.from(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    await vi.waitFor(() => expect(wary.status!().state).toBe('failing'), waitOptions)
    expect(wary.status!().error).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  test('resolves names below localhost', async () => {
    const peer = await bench.http()
    const sink = await bench.open(webhookTo({ url: peer.url.replace('127.0.0.1', 'hooks.localhost') }))
    await sink.write(Buffer.from(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    expect(peer.taken[0]!.headers.host).toMatch(/^hooks\.localhost:/)
  })
})

describe('chat', () => {
  test('Slack gets blocks and a button with the link', async () => {
    const peer = await bench.http()
    const sink = await bench.open(chatTo('slack', peer, { language: 'de' }))
    await sink.write(Buffer.from(lineOf(requestEvent('opened'))))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    const message = JSON.parse(peer.taken[0]!.body)
    expect(message.text).toBe('Erika Muster beantragt Zugang zu ERP')
    const button = message.blocks.find(({ type }: { type: string }) => type === 'actions').elements[0]
    expect(button).toMatchObject({ url: 'https://access.example.com/requests/r-1', text: { type: 'plain_text' } })
  })

  test('Teams gets an Adaptive Card, as workflows take it (they answer 202)', async () => {
    const peer = await bench.http()
    peer.answer = 202
    const sink = await bench.open(chatTo('teams', peer))
    await sink.write(Buffer.from(lineOf(requestEvent('opened', { emergency: true }))))
    await vi.waitFor(() => expect(sink.status!().delivered).toBe(1), waitOptions)
    const { type, attachments } = JSON.parse(peer.taken[0]!.body)
    expect(type).toBe('message')
    expect(attachments).toHaveLength(1)
    expect(attachments[0].contentType).toBe('application/vnd.microsoft.card.adaptive')
    expect(attachments[0].content).toMatchObject({ type: 'AdaptiveCard', version: '1.4' })
    expect(attachments[0].content.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open in Einlass', url: 'https://access.example.com/requests/r-1' },
    ])
    expect(attachments[0].content.fallbackText).toBe('EMERGENCY ACCESS: Erika Muster has activated access to ERP')
  })

  test('its URL, which is a secret, is never logged', async () => {
    const peer = await bench.http()
    peer.answer = 404
    const sink = await bench.open(chatTo('slack', { url: `${peer.url}/T000/B000/very-secret` }))
    await sink.write(Buffer.from(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!().dead).toBe(1), waitOptions)
    await bench.open(chatTo('teams', { url: 'http://127.0.0.1:1/very-secret' })).then(async (other) => {
      await other.write(Buffer.from(grantLine('app-1')))
      await vi.waitFor(() => expect(other.status!().state).toBe('failing'), waitOptions)
    })
    expect(bench.log()).not.toContain('very-secret')
    expect(bench.log()).toContain('status 404')
  })
})

/** All texts of a message, at any depth. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(texts)
}

const hostileTexts = fc.oneof(
  anyText,
  fc.constantFrom(
    '<!channel> <!here>',
    '<@U012345>',
    '<https://evil.example|sign in here>',
    '&lt;!channel&gt;',
    '*bold* _x_ ~y~ `z`',
    '[sign in](https://evil.example)',
    '![x](https://evil.example/x.png)',
    '{{DATE(2017-02-14T06:08:00Z,SHORT)}} ${title}',
    'a\r\n*Reason*\nb',
    'constructor',
    '__proto__',
    'x'.repeat(5000),
    '&'.repeat(5000),
  ),
)

describe('hostile event content', () => {
  const anyRequest = fc
    .record({
      text: hostileTexts,
      person: hostileTexts,
      app: hostileTexts,
      level: hostileTexts,
      activity: hostileTexts,
      link: hostileTexts,
    })
    .map(({ text, person, app, level, activity, link }) => {
      const event = requestEvent(
        'opened',
        { reason: text, ticket: person, comment: text, level, app },
        tell(app, { person, link }),
      )
      const line = JSON.parse(lineOf(event))
      line.unmapped.activity = activity
      return JSON.stringify(line)
    })
  const languages = fc.constantFrom('en' as const, 'de' as const)

  test('Slack sees no mention, link or command, and accepts the message', () => {
    fc.assert(
      fc.property(anyRequest, languages, (line, language) => {
        const message = JSON.parse(slackMessage(messageOf(notificationOf(line)!, language, 'Europe/Berlin')))
        for (const text of texts(message)) {
          if (/^https?:/.test(text)) continue
          expect(text).not.toMatch(/[<>]/)
          expect(text.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&')
          expect(text.length).toBeLessThanOrEqual(2000)
        }
        expect(message.blocks.length).toBeLessThanOrEqual(50)
        for (const block of message.blocks) {
          expect(block.fields?.length ?? 1).toBeLessThanOrEqual(10)
          for (const field of block.fields ?? [block.text]) {
            if (field?.type === 'mrkdwn') expect(field.verbatim).toBe(true)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('Teams sees text runs without Markdown only, and accepts the card', () => {
    fc.assert(
      fc.property(anyRequest, languages, (line, language) => {
        const body = teamsMessage(messageOf(notificationOf(line)!, language, 'Europe/Berlin'))
        // Teams accepts 28 KB at most.
        expect(Buffer.byteLength(body)).toBeLessThan(28_000)
        const { content } = JSON.parse(body).attachments[0]
        for (const block of content.body) {
          expect(block.type).toBe('RichTextBlock')
          for (const run of block.inlines) {
            expect(run.type).toBe('TextRun')
            expect(run.text).not.toMatch(/\{\{|\$\{|[\r\n]/)
          }
        }
        for (const action of content.actions) expect(action.url).toMatch(/^https?:\/\//)
      }),
      { numRuns: 300 },
    )
  })

  test('every event yields a single-line title in both languages', () => {
    fc.assert(
      fc.property(anyEvent, languages, (event, language) => {
        const line = lineOf(event)
        const notice = notificationOf(line.trim())
        if (event.kind === 'access') return void expect(notice).toBeUndefined()
        const { title, lead, facts } = messageOf(notice!, language, 'UTC')
        for (const text of [title, lead, ...facts.flatMap(({ label, value }) => [label, value])]) {
          expect(text).toBe(text.toWellFormed())
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
        expect(title.length).toBeGreaterThan(3)
        expect(title.length).toBeLessThan(900)
      }),
      { numRuns: 300 },
    )
  })

  test('harmless text is unchanged', () => {
    expect(oneLine('Grüße, “Müller & Söhne” – 100 % 👍')).toBe('Grüße, “Müller & Söhne” – 100 % 👍')
    expect(oneLine('a\r\n\tb')).toBe('a b')
    expect(oneLine('é'.repeat(300))).toHaveLength(200)
    expect(oneLine(' \n ')).toBeUndefined()
    expect(oneLine(7)).toBeUndefined()
  })
})

test('each activity has its own title in both languages', () => {
  const requests = [
    'opened',
    'supported',
    'approved',
    'denied',
    'withdrawn',
    'lapsed',
    'reviewed',
    'unreviewed',
  ] as const
  const lines = [
    ...requests.map((one) => lineOf(requestEvent(one))),
    ...(['given', 'revoked', 'extended', 'ending', 'ended'] as const).map((one) => lineOf(grantEvent(one))),
    findingLine(),
  ]
  for (const language of ['en', 'de'] as const) {
    const titles = lines.map((line) => messageOf(notificationOf(line)!, language, 'UTC').title)
    expect(new Set(titles).size).toBe(lines.length)
    expect(titles.join()).not.toContain('undefined')
  }
  const fallen = lineOf(grantEvent('revoked', { revokedFor: 'sponsor_gone' }))
  expect(messageOf(notificationOf(fallen)!, 'en', 'UTC').facts).toContainEqual({
    label: 'Cause',
    value: 'There is no longer a sponsor',
  })
  const { facts } = messageOf(notificationOf(lines[requests.length]!)!, 'de', 'Europe/Berlin')
  expect(facts).toContainEqual({ label: 'Bis', value: expect.stringMatching(/21\. November 2026.*21:00.*MEZ/) })
})

// Mail: enforced TLS, exact recipients, and no header or HTML injection.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../../src/audit/sink.ts'
import { certificateFolder, type CertificateFolder, type TestCertificate } from '../../support/certificates.ts'
import type { ReceivedMail } from '../../support/smtp-server.ts'
import { findingLine, grantEvent, lineOf, requestEvent, tell } from '../audit-lines.ts'
import { createSinkEnvironment, mailTo, type SinkEnvironment } from './sink-environment.ts'

let bench: SinkEnvironment
let certificates: CertificateFolder
let certificate: TestCertificate
beforeAll(() => {
  certificates = certificateFolder()
  certificate = certificates.make(['mail.example.com'])
})
afterAll(() => certificates.remove())
beforeEach(() => {
  bench = createSinkEnvironment()
})
afterEach(() => bench.clear())

const waitOptions = { timeout: 8000 }
const roles = ['approvers', 'requester', 'sponsor']
const trusting = () => ({ ca: certificate.cert, serverName: 'mail.example.com' })

async function failing(sink: Sink): Promise<string | undefined> {
  await vi.waitFor(() => expect(sink.status!().state).toBe('failing'), waitOptions)
  return sink.status!().error
}

describe('encryption', () => {
  test('STARTTLS is used and the certificate verified before the password is sent', async () => {
    const peer = await bench.smtp(certificate)
    peer.manners = { credentials: { user: 'einlass', password: 'wörd "1"' } }
    const sink = await bench.open(
      mailTo(peer, { tls: 'starttls', ...trusting(), user: 'einlass', password: 'wörd "1"' }),
    )
    await sink.write(Buffer.from(findingLine()))
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
    expect(peer.mails[0]).toMatchObject({ encrypted: true, user: 'einlass', to: ['it@example.com'] })
  })

  test.each([
    ['does not offer it', { starttls: 'hidden' }, {}],
    ['refuses it', { starttls: 'refused' }, {}],
    ['presents an untrusted certificate', {}, { ca: undefined, serverName: 'mail.example.com' }],
    ['presents a certificate for another name', {}, { serverName: 'other.example.com' }],
  ] as const)('a server that %s gets no mail and no password', async (_name, manners, trust) => {
    const peer = await bench.smtp(certificate)
    const heard: string[] = []
    peer.manners = {
      ...manners,
      credentials: { user: 'einlass', password: 'secret' },
      recipient: (to) => void heard.push(to) as undefined,
    }
    const sink = await bench.open(
      mailTo(peer, { tls: 'starttls', ...trusting(), user: 'einlass', password: 'secret', ...trust }),
    )
    await sink.write(Buffer.from(findingLine()))
    expect(await failing(sink)).not.toBe('unknown')
    expect(peer.mails).toHaveLength(0)
    expect(heard).toEqual([])
    expect(sink.status!()).toMatchObject({ waiting: 1, dead: 0 })
  })

  test.each([
    ['in the greeting', { greeting: '554 5.7.1 not you' }, 'SMTP 554'],
    ['of the sender', { sender: '550 5.7.1 not in your name' }, 'SMTP 550'],
  ] as const)('a rejection %s is retried, as it is a configuration error', async (_name, manners, why) => {
    const peer = await bench.smtp()
    peer.manners = manners
    const sink = await bench.open(mailTo(peer))
    await sink.write(Buffer.from(findingLine()))
    expect(await failing(sink)).toBe(why)
    expect(sink.status!()).toMatchObject({ waiting: 1, dead: 0 })
  })

  test('a wrong password is retried, as it is a configuration error', async () => {
    const peer = await bench.smtp()
    peer.manners = { credentials: { user: 'einlass', password: 'right' } }
    const sink = await bench.open(mailTo(peer, { user: 'einlass', password: 'wrong' }))
    await sink.write(Buffer.from(findingLine()))
    expect(await failing(sink)).toBe('SMTP 535')
    expect(sink.status!()).toMatchObject({ waiting: 1, dead: 0 })
    expect(bench.log()).not.toContain('wrong')
    peer.manners = {}
    // `forceAuth`: a server that does not ask for the password gets no mail, one that accepts it does.
    peer.manners = { credentials: { user: 'einlass', password: 'wrong' } }
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
  })
})

describe('recipients', () => {
  const mailsOf = async (line: string, to: readonly string[] = roles): Promise<ReceivedMail[]> => {
    const peer = await bench.smtp()
    const sink = await bench.open(
      mailTo(peer, { to, name: `mail-${peer.port}`, events: ['request', 'grant', 'finding'] }),
    )
    await sink.write(Buffer.from(line))
    await vi.waitFor(() => expect(sink.status!().waiting).toBe(0), waitOptions)
    return [...peer.mails]
  }
  const recipients = (mails: readonly ReceivedMail[]) => mails.flatMap(({ to }) => to).sort()

  test.each([
    [requestEvent('opened'), ['deputy@example.com', 'lead@example.com']],
    [requestEvent('supported'), ['deputy@example.com', 'lead@example.com']],
    [requestEvent('denied'), ['erika@example.com']],
    [requestEvent('withdrawn'), ['deputy@example.com', 'lead@example.com']],
    [requestEvent('lapsed'), ['deputy@example.com', 'erika@example.com', 'lead@example.com']],
    [
      requestEvent('opened', { emergency: true }),
      ['deputy@example.com', 'erika@example.com', 'lead@example.com', 'sponsor@example.com'],
    ],
    [
      requestEvent('unreviewed', { emergency: true }),
      ['deputy@example.com', 'lead@example.com', 'sponsor@example.com'],
    ],
    [
      grantEvent('ended', { emergency: true }),
      ['deputy@example.com', 'lead@example.com', 'miro@partner.example', 'sponsor@example.com'],
    ],
    [grantEvent('given'), ['miro@partner.example', 'sponsor@example.com']],
    [grantEvent('ending'), ['miro@partner.example', 'sponsor@example.com']],
  ])('each role concerned gets a separate mail ($activity)', async (event, wanted) => {
    const mails = await mailsOf(lineOf(event))
    expect(recipients(mails)).toEqual([...wanted].sort())
    for (const { to, raw } of mails) {
      expect(to).toHaveLength(1)
      // Recipients do not see each other.
      for (const other of wanted) if (other !== to[0]) expect(headersOf(raw)).not.toContain(other)
    }
  })

  test.each([
    [['request'], {}, 1],
    [['request', 'grant'], {}, 0],
    [['request', 'grant.given'], {}, 0],
    [['request', 'grant.given'], { extends: 'g-1' }, 1],
    [['request', 'grant.extended'], { extends: 'g-1' }, 0],
  ] as const)('an approval is not reported in addition to its grant (%j)', async (events, request, count) => {
    const peer = await bench.smtp()
    const sink = await bench.open(mailTo(peer, { to: ['requester'], events }))
    await sink.write(Buffer.from(lineOf(requestEvent('approved', request)) + lineOf(requestEvent('denied'))))
    await vi.waitFor(() => expect(peer.mails).toHaveLength(count + 1), waitOptions)
    expect(peer.mails.map(({ raw }) => raw).join()).toContain('Declined')
  })

  test('a recipient with several roles gets one mail', async () => {
    const target = { approvers: ['Lead@example.com'], requester: 'lead@EXAMPLE.com', sponsor: 'it@example.com' }
    const mails = await mailsOf(lineOf(requestEvent('lapsed', {}, target)), [
      ...roles,
      'it@example.com',
      'lead@example.com',
    ])
    expect(recipients(mails)).toEqual(['Lead@example.com', 'it@example.com'])
  })

  test('fixed addresses get events without roles', async () => {
    expect(recipients(await mailsOf(findingLine(), [...roles, 'it@example.com']))).toEqual(['it@example.com'])
    expect(recipients(await mailsOf(findingLine(), roles))).toEqual([])
  })

  test.each([
    'a@example.com, b@example.com',
    'a@example.com\r\nRCPT TO:<b@example.com>',
    'a@example.com>\r\nDATA',
    '<a@example.com>',
    'Name <a@example.com>',
    '"a b"@example.com',
    'a@[127.0.0.1]',
    'a@example.com\0',
    'a @example.com',
    'a@exa mple.com',
    '@example.com',
    'a@',
    'a@b@c',
    `${'a'.repeat(300)}@example.com`,
    '',
  ])('%j is not a recipient', async (address) => {
    expect(recipients(await mailsOf(lineOf(requestEvent('denied', {}, { requester: address }))))).toEqual([])
  })
})

describe('the message', () => {
  async function mailOf(line: string, more: Parameters<typeof mailTo>[1] = {}): Promise<string> {
    const peer = await bench.smtp()
    const sink = await bench.open(mailTo(peer, { events: ['request', 'grant', 'finding'], ...more }))
    await sink.write(Buffer.from(line))
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
    return peer.mails[0]!.raw
  }

  test('contains all facts and the link in both languages', async () => {
    const english = decoded(await mailOf(lineOf(requestEvent('opened'))))
    expect(headersOf(english)).toContain('Subject: Erika Muster requests access to ERP')
    for (const part of [
      'month end',
      'FIN-17',
      '4 hours',
      'Full',
      'https://access.example.com/requests/r-1',
      'sign in',
    ]) {
      expect(english).toContain(part)
    }
    const german = decoded(await mailOf(lineOf(requestEvent('opened')), { language: 'de', name: 'german' }))
    expect(german).toContain('Erika Muster beantragt Zugang zu ERP')
    for (const part of ['4 Stunden', 'verlangt Ihre Anmeldung', 'Dauer', 'Voll']) expect(german).toContain(part)
  })

  test('has automatic-mail headers, a stable Message-ID, and References to the thread of the request', async () => {
    const raw = await mailOf(lineOf(requestEvent('opened'), '01999999-0000-7000-8000-000000000001'))
    const headers = headersOf(raw)
    expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m)
    expect(headers).toMatch(/^Message-ID: <01999999-0000-7000-8000-000000000001-[0-9a-f]{12}@example\.com>$/m)
    expect(headers).toMatch(/^References: <einlass-r-1@example\.com>$/m)
    expect(headers).toMatch(/^X-Einlass-Event: 01999999-0000-7000-8000-000000000001$/m)
    expect(headers).toMatch(/^From: Einlass <einlass@example\.com>$/m)
  })

  const hostileTexts = [
    'x\r\nBcc: victim@example.com',
    'x\nBcc: victim@example.com\n\n<html>',
    'x\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.com>',
    'x\u2028Bcc: victim@example.com',
    '<img src=x onerror=alert(1)>',
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '=?utf-8?q?x=0D=0ABcc:_victim@example.com?=',
    '\u202Emoc.elpmaxe\u0000\u001b[2J',
    '\ud800',
    'file:///etc/passwd',
    '{"path":"/etc/passwd"}',
    'x'.repeat(100_000),
  ]
  test.each(hostileTexts.map((text) => [JSON.stringify(text).slice(0, 60), text]))(
    'content of a name or a reason stays plain text: %s',
    async (_shown, text) => {
      const event = requestEvent(
        'opened',
        { reason: text, ticket: text, id: text, app: text, comment: text, level: text },
        tell(text, { person: text, approvers: ['lead@example.com'] }),
      )
      const peer = await bench.smtp()
      const sink = await bench.open(mailTo(peer, { to: ['approvers'] }))
      await sink.write(Buffer.from(lineOf(event)))
      await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
      const { raw, to, from } = peer.mails[0]!
      expect({ to, from }).toEqual({ to: ['lead@example.com'], from: 'einlass@example.com' })
      const headers = headersOf(raw)
      expect(headers).not.toMatch(/^(bcc|cc):/im)
      expect(headers.split('\n').filter((line) => /^subject:/i.test(line))).toHaveLength(1)
      expect(Math.max(...raw.split('\n').map((line) => line.length))).toBeLessThanOrEqual(998)
      const html = decoded(raw).slice(decoded(raw).indexOf('<!doctype html>'))
      expect(html).not.toMatch(/<(img|script)/i)
      expect(html.match(/<[^>]*>/g)!.join('')).not.toMatch(/onmouseover|onerror|victim/)
      expect(raw).not.toMatch(/[\u0000-\u0008\u001b\u202e\u2028]/u)
      expect(raw).not.toContain('root:')
      expect(raw.length).toBeLessThan(60_000)
    },
  )

  test.each(['javascript:alert(1)', 'https://user:pass@evil.example/', 'data:text/html,x', '//evil.example', ''])(
    'an invalid link is omitted: %s',
    async (link) => {
      const text = decoded(await mailOf(lineOf(requestEvent('denied', {}, { link })), { name: 'links' }))
      expect(text).not.toContain('<a href')
      expect(text).not.toContain('evil.example')
    },
  )
})

function headersOf(raw: string): string {
  // Unfold headers (RFC 5322 section 2.2.3).
  return raw.slice(0, raw.indexOf('\n\n')).replaceAll(/\n[ \t]+/g, ' ')
}

/** Decodes quoted-printable and base64 parts, well enough to search for words. */
function decoded(raw: string): string {
  return raw
    .split(/^--[^\n]+$/m)
    .map((part) => {
      const body = part.slice(part.indexOf('\n\n') + 2)
      if (/^content-transfer-encoding: base64/im.test(part)) {
        return `${part.slice(0, part.indexOf('\n\n') + 2)}${Buffer.from(body, 'base64').toString('utf8')}`
      }
      if (!/^content-transfer-encoding: quoted-printable/im.test(part)) return part
      const bytes = body
        .replaceAll(/=\n/g, '')
        .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      return `${part.slice(0, part.indexOf('\n\n') + 2)}${Buffer.from(bytes, 'latin1').toString('utf8')}`
    })
    .join('\n--\n')
}

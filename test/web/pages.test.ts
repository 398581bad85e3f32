import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { assetAt, favicon, stylesheet } from '../../src/web/kit/assets.ts'
import { contentSecurityPolicy, pageSecurityPolicy } from '../../src/web/kit/security-headers.ts'
import { portalPage } from '../../src/web/portal/portal-page.ts'
import { sessionsPage } from '../../src/web/portal/sessions-page.ts'
import { choicePage } from '../../src/web/sign-in/sign-in-page.ts'
import { reasonCodes } from '../../src/policy/reasons.ts'
import { deniedPage } from '../../src/web/errors/denied-page.ts'
import { shortId } from '../../src/web/kit/help-line.ts'
import { headersOf } from './reply-headers.ts'
import { elementsOf } from './html-validator.ts'
import { decision, renderAllPages, now, pageRequest, session } from './page-fixtures.ts'

const languages = ['en', 'de'] as const
const all = languages.flatMap((language) =>
  [...renderAllPages(language)].map(([name, reply]) => ({ name, language, reply, body: String(reply.body) })),
)

describe.each(all)('$name in $language', ({ name, language, reply, body }) => {
  const elements = elementsOf(body)
  const count = (element: string): number => elements.filter((one) => one.name === element).length

  test('is one well-formed document with a title, a heading and landmarks', () => {
    expect(elements[0]).toMatchObject({ name: 'html' })
    expect(elements[0]!.attributes.get('lang')).toBe(language)
    for (const element of ['title', 'h1', 'main', 'header', 'footer'])
      expect([element, count(element)]).toEqual([element, 1])
    expect(body).toMatch(/<title>[^<]+<\/title>/)
    const ids = elements.map((one) => one.attributes.get('id')).filter((id) => id !== undefined)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('contains no undefined, NaN or unresolved placeholder', () => {
    expect(body).not.toMatch(/undefined|null|NaN|\[object|Invalid Date|\{\w+(?::\w+)?\}(?![^<]*<\/style>)/)
    expect(body).toContain(shortId(reply.headers[reply.headers.indexOf('X-Request-Id') + 1]!))
  })

  test('runs no script and loads only bundled assets', () => {
    for (const { name, attributes } of elements) {
      expect(['script', 'iframe', 'object', 'embed', 'img', 'base']).not.toContain(name)
      for (const key of attributes.keys()) expect(key).not.toMatch(/^on|^style$|^src$/)
      const href = attributes.get('href')
      if (name === 'link') expect(assetAt(href!)).toBeDefined()
    }
  })

  test('labels every field and every button', () => {
    const ids = elements.map((one) => one.attributes.get('id'))
    const labelled = new Set(elements.filter((one) => one.name === 'label').map((one) => one.attributes.get('for')))
    for (const { name, attributes } of elements) {
      const field =
        name === 'textarea' || name === 'select' || (name === 'input' && attributes.get('type') !== 'hidden')
      if (field) expect(labelled).toContain(attributes.get('id'))
      const about = attributes.get('aria-describedby')
      for (const id of about?.split(' ') ?? []) expect(ids).toContain(id)
      if (name === 'svg') expect(attributes.get('aria-hidden')).toBe('true')
      // The search changes nothing.
      if (name === 'form') expect(attributes.get('method')).toBe(attributes.get('role') === 'search' ? 'get' : 'post')
    }
    expect(body).not.toMatch(/<(?:a|button)[^>]*>\s*<\/(?:a|button)>/)
  })

  test('is sent with all security headers', () => {
    const headers = headersOf(reply)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-language')).toBe(language)
    const selfContained = body.includes('<style>')
    expect(headers.get('content-security-policy')).toBe(selfContained ? contentSecurityPolicy : pageSecurityPolicy)
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('permissions-policy')).toContain('camera=()')
    for (const header of reply.headers) expect(header).not.toMatch(/[\r\n\0]/)
  })

  test('is translated', () => {
    const other = all.find((page) => page.name === name && page.language !== language)!.reply
    const heading = /<h1>(.*?)<\/h1>/su
    expect(heading.exec(body)![1]).not.toBe(heading.exec(String(other.body))![1])
  })
})

test('every reason code has a text on the denied page in both languages', () => {
  for (const language of languages) {
    for (const code of reasonCodes) {
      const reply = deniedPage(pageRequest({ headers: { 'accept-language': language } }), 403, {
        decision: decision({ effect: 'deny', codes: [code] }),
        app: { title: 'Wiki', origin: 'https://wiki.example.com', owner: undefined },
        viewer: undefined,
        gateway: 'https://access.example.com',
        signIn: undefined,
        again: undefined,
        timeZone: 'Europe/Berlin',
        now,
      })
      expect(elementsOf(String(reply.body)).length).toBeGreaterThan(20)
      expect(String(reply.body)).not.toContain(code)
    }
  }
})

test('user input and provider claims are escaped', () => {
  const nasty = `"><script>alert(1)</script>&'\`\u202e`
  const english = pageRequest()
  const pages = [
    choicePage(english, {
      journey: nasty,
      app: { title: nasty },
      providers: [{ name: nasty, title: nasty }],
      byEmail: true,
      unknownEmail: nasty,
    }),
    portalPage(english, {
      nav: { current: 'apps', awaitingCount: undefined },
      notice: nasty,
      session: session({ subject: { ...session().subject, name: nasty, email: nasty } }),
      apps: [],
      query: nasty,
      grants: [],
      timeZone: 'UTC',
      now,
    }),
    sessionsPage(english, {
      nav: { current: 'sessions', awaitingCount: undefined },
      session: session(),
      sessions: [session({ userAgent: nasty, address: nasty, id: nasty })],
      devices: new Map(),
      timeZone: 'UTC',
      now,
    }),
  ]
  for (const { body } of pages) {
    expect(elementsOf(String(body)).some((element) => element.name === 'script')).toBe(false)
    expect(String(body)).not.toContain('<script')
  }
})

test('the page for an unknown host loads nothing and names no configured host', () => {
  const body = String(renderAllPages('en').get('unknown-host')!.body)
  expect(body).toContain('<style>')
  expect(body).not.toMatch(/href="(?!#main)/)
  expect(body).not.toMatch(/example\.com/)
})

test('the CSP hash matches the inline style', () => {
  const style = /<style>(.*?)<\/style>/su.exec(String(renderAllPages('en').get('incident')!.body))![1]!
  expect(contentSecurityPolicy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
})

test('no HSTS over plain http', () => {
  const reply = choicePage(pageRequest({ scheme: 'http' }), {
    journey: undefined,
    app: undefined,
    providers: [],
    byEmail: false,
    unknownEmail: undefined,
  })
  expect(headersOf(reply).has('strict-transport-security')).toBe(false)
})

test('asset names contain a content hash', () => {
  for (const asset of [stylesheet, favicon]) {
    const hash = createHash('sha256').update(asset.body).digest('hex').slice(0, 12)
    expect(asset.path).toMatch(new RegExp(`^/\\.einlass/\\w+\\.${hash}\\.\\w+$`))
    expect(assetAt(asset.path)).toBe(asset)
  }
  expect(assetAt('/.einlass/style.css')).toBeUndefined()
})

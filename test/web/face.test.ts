// The organisation's face on the pages: name, logo, accent and support everywhere they belong, and nowhere else.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { faceOfHost } from '../../src/gateway/known-host.ts'
import { canonicalHost } from '../../src/gateway/canonical/canonical-request.ts'
import { parseMarkdown } from '../../src/config/markdown.ts'
import { fonts } from '../../src/web/kit/assets.ts'
import { render } from '../../src/web/kit/html.ts'
import { markdown } from '../../src/web/kit/markdown.ts'
import { file } from '../../src/web/kit/reply.ts'
import { portalPage } from '../../src/web/portal/portal-page.ts'
import { deniedPage } from '../../src/web/errors/denied-page.ts'
import { headersOf } from './reply-headers.ts'
import { elementsOf } from './html-validator.ts'
import { faceOf, organisation, organisationFace } from './face-fixtures.ts'
import { decision, now, pageRequest, renderAllPages, session } from './page-fixtures.ts'

const languages = ['en', 'de'] as const
const pages = languages.flatMap((language) =>
  [...renderAllPages(language, organisationFace)].map(([name, reply]) => ({
    name,
    language,
    reply,
    body: String(reply.body),
  })),
)

describe('every page of a configured host', () => {
  test('has name, logo, imprint and the line about Einlass', () => {
    for (const { name, language, body } of pages.filter(({ name }) => name !== 'unknown-host')) {
      const header = /<header class="top">(.*?)<\/header>/su.exec(body)?.[1] ?? ''
      expect([name, header.includes('Muster Maschinenbau GmbH')]).toEqual([name, true])
      expect([name, header.includes(`src="${organisationFace.logo!.path}"`)]).toEqual([name, true])
      expect([name, body.includes('https://www.muster.example/imprint')]).toEqual([name, true])
      expect([name, body.includes(language === 'en' ? 'Protected by Einlass' : 'Geschützt durch Einlass')]).toEqual([
        name,
        true,
      ])
    }
  })

  test('has the accent in its stylesheet, which its policy admits', () => {
    for (const { name, reply, body } of pages.filter(({ name }) => name !== 'unknown-host')) {
      const inline = /<style>(.*?)<\/style>/su.exec(body)?.[1]
      const policy = headersOf(reply).get('content-security-policy')!
      if (inline === undefined) {
        expect([name, body.includes(organisationFace.stylesheet.path)]).toEqual([name, true])
        continue
      }
      expect(inline).toContain('--accent:#b3261e')
      expect(policy).toContain(`'sha256-${createHash('sha256').update(inline).digest('base64')}'`)
      expect([name, policy.includes('font-src')]).toEqual([name, false])
    }
    expect(organisationFace.stylesheet.body.toString()).toContain('--accent:#b3261e')
    expect(organisationFace.assets.get(organisationFace.stylesheet.path)).toBe(organisationFace.stylesheet)
  })
})

test('every refusal and mishap has a support line and a short request id, and no other page has one', () => {
  const about =
    /^(?:denied|failed|bad-|not-found|method|unavailable|incident|session-|form-|frame-of|challenge|foreign|gateway-timeout|too-many|headers-refused)/
  for (const { name, body } of pages) {
    const help = /<p class="help">(.*?)<\/p>/su.exec(body)?.[1]
    expect([name, help !== undefined]).toEqual([name, about.test(name) || name === 'unknown-host'])
    if (help === undefined || name === 'unknown-host') continue
    for (const one of ['mailto:it@muster.example', 'tel:+49301234567', 'https://help.muster.example/', '>01JDK4Q8<'])
      expect([name, help.includes(one)]).toEqual([name, true])
    expect(body).not.toContain('>01JDK4Q8Z3M7P2X9<')
  }
})

describe('a host that is not configured', () => {
  test('gets a page that names nobody', () => {
    for (const { body } of pages.filter(({ name }) => name === 'unknown-host')) {
      expect(body).not.toMatch(/Muster|muster\.example|--accent:#|<img/)
    }
  })

  test.each([
    ['a configured one', ['Host', 'wiki.example.com'], true],
    ['the gateway, with its port', ['hOST', 'access.example.com:443'], true],
    ['an unknown one', ['Host', 'nobody.example'], false],
    ['none', [], false],
    ['two, one of them configured', ['Host', 'wiki.example.com', 'host', 'nobody.example'], false],
    ['no name at all', ['Host', '<img>'], false],
  ] as const)('is told from the Host of a malformed request: %s', (_name, headers, known) => {
    const config = {
      configuration: { gateway: { host: 'access.example.com' } },
      hosts: new Map([['wiki.example.com', []]]),
      rules: { hostOf: canonicalHost, face: organisationFace },
    } as unknown as Parameters<typeof faceOfHost>[0]
    const received = { headers, authority: undefined } as unknown as Parameters<typeof faceOfHost>[1]
    expect(faceOfHost(config, received)).toBe(known ? organisationFace : undefined)
  })
})

describe('images of the organisation', () => {
  test('are loaded as images only, cached for ever, and run nothing when opened by themselves', () => {
    for (const { body } of pages) expect(body).not.toContain('<rect width="40"')
    const headers = headersOf(file(pageRequest(), organisationFace.logo!))
    expect(headers.get('content-type')).toBe('image/svg+xml')
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('sentences of the organisation', () => {
  const denied = (codes: Parameters<typeof decision>[0], app?: string, face = organisationFace): string =>
    String(
      deniedPage(pageRequest({ face }), 403, {
        decision: decision({ effect: 'deny', ...codes }),
        app: { ...(app && { name: app }), title: 'Wiki', origin: 'https://wiki.example.com', owner: undefined },
        viewer: undefined,
        gateway: 'https://access.example.com',
        signIn: undefined,
        again: undefined,
        timeZone: 'Europe/Berlin',
        now,
      }).body,
    )

  test('stand on the denial for their reason, those of the app first', () => {
    expect(denied({ codes: ['not_in_group'] })).toContain(
      'Ask <strong>your team lead</strong>, or see the <a href="https://muster.example/rules"',
    )
    expect(denied({ codes: ['mfa_required'] })).not.toContain('your team lead')
    const { blocks } = parseMarkdown('Come to building *4*.')
    const messages = {
      ...organisation.messages,
      denied: new Map([['not_in_group' as const, { en: blocks, de: blocks }]]),
    }
    const face = faceOf(organisation, [{ name: 'wiki', messages }])
    expect(denied({ codes: ['not_in_group'] }, 'wiki', face)).toContain('building <em>4</em>')
    expect(denied({ codes: ['not_in_group'] }, 'books', face)).toContain('your team lead')
  })

  test('teach something where none is written', () => {
    expect(denied({ codes: ['origin_not_allowed'] })).toContain('close the page you came from')
    const guest = session({ subject: { ...session().subject, external: true } })
    const portal = (lastUsed: number | undefined): string =>
      String(
        portalPage(pageRequest({ face: organisationFace }), {
          session: guest,
          apps: [
            {
              name: 'a',
              title: 'A',
              origin: 'https://a.example.com',
              owner: undefined,
              decision: decision(),
              closesAt: undefined,
              timeZone: undefined,
              asking: { ask: undefined, emergency: undefined, pending: undefined, ended: undefined },
              lastUsed,
            },
          ],
          nav: { current: 'apps', awaitingCount: undefined },
          notice: undefined,
          grants: [],
          timeZone: 'UTC',
          now,
        }).body,
      )
    expect(portal(undefined)).toContain('You are a guest of Muster Maschinenbau GmbH')
    expect(portal(now)).not.toContain('You are a guest')
    expect(pages.find(({ name, language }) => name === 'sign-in' && language === 'en')!.body).toMatch(
      /We never ask for your password/,
    )
  })

  test.each([
    ['a link to script', '[x](javascript:alert(1))'],
    ['a link with a quotation mark', '[x](https://e.example/"onclick="alert(1))'],
    ['a link with a line end inside', '[x](https://e.example/\n" onclick=x)'],
    ['markup', '<img src=x onerror=alert(1)> <script>alert(1)</script> **<b>**'],
    ['markup as the text of a link', '[<img src=x onerror=alert(1)>](https://e.example)'],
    ['an entity', '&lt;script&gt; &#60;script&#62;'],
    ['an escaped bracket', '\\[x](javascript:alert(1))'],
    ['links within links', '[[x](javascript:1)](javascript:2)'],
  ])('stay text: %s', (_name, text) => {
    const { blocks } = parseMarkdown(text)
    const body = `<!doctype html><html><body>${render(markdown(blocks))}</body></html>`
    for (const { name, attributes } of elementsOf(body)) {
      expect(['html', 'body', 'p', 'ul', 'ol', 'li', 'strong', 'em', 'a']).toContain(name)
      for (const [key, value] of attributes) {
        expect(['href', 'rel']).toContain(key)
        if (key === 'href') expect(value).toMatch(/^(?:https:\/\/|mailto:|tel:)/)
      }
    }
  })

  test('are paragraphs, lists and emphasis', () => {
    const { blocks } = parseMarkdown('One *two* _three_ snake_case_name\n\n- a\n- **b**\n  c\n\n1. x\n2. y')
    expect(render(markdown(blocks)).replaceAll(/\s+/g, ' ')).toBe(
      '<p>One <em>two</em> <em>three</em> snake_case_name</p><ul> <li>a</li><li><strong>b</strong> c</li> </ul><ol> <li>x</li><li>y</li> </ol>',
    )
  })

  test('are parsed in time linear in their length', () => {
    for (const text of ['[', '*', '**a', '_a', '\\', '[a](', '(', '- '].map((part) => part.repeat(20_000))) {
      const begun = performance.now()
      parseMarkdown(text)
      expect(performance.now() - begun).toBeLessThan(1500)
    }
  })
})

test('the font is that of its package, byte by byte, and asked for by linked stylesheets only', async () => {
  const { readFile } = await import('node:fs/promises')
  for (const [index, name] of ['latin', 'latin-ext'].entries()) {
    const package_ = new URL(
      `../../node_modules/@fontsource-variable/figtree/files/figtree-${name}-wght-normal.woff2`,
      import.meta.url,
    )
    expect(fonts[index]!.file.body.equals(await readFile(package_))).toBe(true)
  }
})

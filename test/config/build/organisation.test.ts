// `organisation` and what an app shows on the portal: defaults, accents that stay legible, images without active content,
// sentences in both languages, and what `check` says about the rest.

import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { accentColours, minimumContrast, surfaces } from '../../../src/config/accent.ts'
import { contrast, fromOklch, parseHex, toOklch } from '../../../src/config/colour.ts'
import { problems, smallest, valid, warnings } from '../config-fixtures.ts'

const of = (lines: string): string => `${smallest}organisation: ${lines}\n`
/** Without the place. */
const problemsOf = async (lines: string, files: Record<string, string | Buffer> = {}): Promise<string[]> =>
  (await problems(of(lines), files)).map((line) => line.replace(/^\d+:\d+: /, ''))

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'

function png(width: number, height: number): Buffer {
  const body = Buffer.alloc(33)
  body.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
  body.write('IHDR', 12, 'latin1')
  body.writeUInt32BE(width, 16)
  body.writeUInt32BE(height, 20)
  return body
}

test('is always present', async () => {
  const { organisation, apps } = await valid(smallest)
  expect(organisation).toMatchObject({ name: 'Einlass', logo: undefined, accent: undefined, imprint: undefined })
  expect(apps.get('wiki')!.portal).toEqual({ icon: undefined, description: undefined, group: undefined })
})

test('is built with everything set', async () => {
  const { organisation } = await valid(
    of(
      `{ name: Example GmbH, logo: logo.svg, accent: "#0b5d52", support: { mail: it@example.com, phone: "+49 30 1234567", url: https://help.example.com }, imprint: https://www.example.com/imprint }`,
    ),
    { 'logo.svg': svg },
  )
  expect(organisation).toMatchObject({
    name: 'Example GmbH',
    logo: { type: 'image/svg+xml' },
    accent: { light: { accent: '#0b5d52' } },
    support: { mail: 'it@example.com', phone: '+49 30 1234567', url: 'https://help.example.com/' },
    imprint: 'https://www.example.com/imprint',
  })
})

describe('accent', () => {
  const wanted = [
    '#ffcc00',
    '#ff0000',
    '#00ff00',
    '#0000ff',
    '#ffffff',
    '#000000',
    '#808080',
    '#0b5d52',
    '#7a1fa2',
    '#e2001a',
    '#00a0e3',
  ]

  test.each(wanted)('%s is legible on every surface, as text and below text, in light and in dark', (colour) => {
    const colours = accentColours(colour)
    for (const scheme of ['light', 'dark'] as const) {
      const { accent, strong, on, tint } = colours[scheme]
      for (const ground of [...surfaces[scheme], tint]) {
        expect(contrast(accent, ground)).toBeGreaterThanOrEqual(minimumContrast)
        expect(contrast(strong, ground)).toBeGreaterThanOrEqual(minimumContrast)
      }
      for (const ground of [accent, strong]) expect(contrast(on, ground)).toBeGreaterThanOrEqual(minimumContrast)
    }
  })

  test('a legible one stays as it is', async () => {
    expect(await warnings(of('{ accent: "#0b5d52" }'))).toEqual([])
    expect(accentColours('#0b5d52').light.accent).toBe('#0b5d52')
  })

  test('one that is not legible is a warning with the nearest that is', async () => {
    const { light } = accentColours('#ffcc00')
    expect(await warnings(of('{ accent: "#fc0" }'))).toEqual([
      expect.stringContaining(
        `organisation.accent: not legible on light pages (contrast below 4.5, WCAG AA): they use ${light.accent}`,
      ),
    ])
    const [was, is] = [toOklch('#ffcc00'), toOklch(light.accent)]
    expect(Math.abs(is.h - was.h)).toBeLessThan(6)
    // The next lighter step fails.
    const lighter = fromOklch({ ...is, l: is.l + 0.01 })
    expect(Math.min(...[...surfaces.light, light.tint].map((one) => contrast(lighter, one)))).toBeLessThan(4.5)
  })

  test.each(['red', '#12', '#1234', '#12345', '#0b5d52; } body { display: none', 'url(x)', '#0b5d5\\32'])(
    '%s, which is no colour in hexadecimal, is refused',
    async (colour) => {
      expect(await problemsOf(`{ accent: ${JSON.stringify(colour)} }`)).toEqual([
        'organisation.accent: expected a colour such as "#0b5d52"',
      ])
    },
  )

  test('the surfaces are those of the stylesheet', async () => {
    const css = await readFile(new URL('../../../src/web/kit/assets/style/base.css', import.meta.url), 'utf8')
    const [light, dark] = css.split('prefers-color-scheme: dark')
    for (const name of ['ground', 'surface', 'raised']) {
      const at = ['ground', 'surface', 'raised'].indexOf(name)
      expect(light).toContain(`--${name}: ${surfaces.light[at]};`)
      expect(dark).toContain(`--${name}: ${surfaces.dark[at]};`)
    }
  })

  test('contrast and conversion agree with published values', () => {
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 5)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
    expect(parseHex('#FC0')).toBe('#ffcc00')
    for (const colour of wanted) expect(fromOklch(toOklch(colour))).toBe(colour)
  })
})

describe('images', () => {
  const withLogo = (body: string | Buffer): Promise<string[]> => problemsOf('{ logo: logo }', { logo: body })

  test.each([
    ['an SVG', svg],
    ['an SVG with an own gradient', svg.replace('<path', '<linearGradient id="g"/><path fill="url(#g)"')],
    ['an SVG with a declaration and a comment', `<?xml version="1.0"?>\n<!-- logo -->\n${svg}`],
    ['an SVG with a style', svg.replace('<path', '<style>path { fill: #123 }</style><path')],
    ['a PNG', png(64, 64)],
  ])('%s is accepted', async (_name, body) => {
    expect(await withLogo(body)).toEqual([])
  })

  test.each([
    ['a script', svg.replace('<path', '<script>alert(1)</script><path')],
    ['a script in capitals', svg.replace('<path', '<SCRIPT >alert(1)</SCRIPT><path')],
    ['a script with a prefix', svg.replace('<path', '<s:script xmlns:s="http://www.w3.org/2000/svg"/><path')],
    ['an event handler', svg.replace('<path', '<path onload="alert(1)"')],
    ['an event handler without a blank', svg.replace('<path d="M0 0h8v8z"', '<path d="M0 0"onclick="alert(1)"')],
    ['foreign content', svg.replace('<path', '<foreignObject><p>x</p></foreignObject><path')],
    ['a link', svg.replace('<path', '<a href="#x"/><path')],
    ['an image of another site', svg.replace('<path', '<image href="https://evil.example/x.png"/><path')],
    ['a use of another document', svg.replace('<path', '<use xlink:href="https://evil.example/x.svg#y"/><path')],
    ['a javascript reference', svg.replace('<path', '<use href="javascript:alert(1)"/><path')],
    ['an imported style', svg.replace('<path', '<style>@import "https://evil.example/x.css"</style><path')],
    ['a url of another site', svg.replace('<path', '<path fill="url(https://evil.example/x)"')],
    ['an animation of an attribute', svg.replace('<path', '<set attributeName="href" to="x"/><path')],
    ['an entity', `<!DOCTYPE svg [<!ENTITY x "y">]>${svg}`],
    ['a character reference', svg.replace('<path', '<use href="&#106;avascript:x"/><path')],
    ['a stylesheet instruction', `<?xml-stylesheet href="https://evil.example/x.css"?>${svg}`],
  ])('%s in an SVG is refused', async (_name, body) => {
    expect(await withLogo(body)).toEqual([expect.stringMatching(/^organisation\.logo: /)])
  })

  test('what is neither SVG nor PNG, too large or missing is refused', async () => {
    expect(await withLogo('<html></html>')).toEqual(['organisation.logo: expected an SVG in UTF-8, or a PNG'])
    expect(await withLogo(Buffer.from([0xff, 0xd8, 0xff]))).toEqual([
      'organisation.logo: expected an SVG in UTF-8, or a PNG',
    ])
    expect(await withLogo(png(4000, 10))).toEqual(['organisation.logo: the PNG must have 1 to 2048 pixels a side'])
    expect(await withLogo(Buffer.alloc(200_000))).toEqual(['organisation.logo: the image is larger than 128 KB'])
    expect(await problemsOf('{ logo: missing.svg }')).toEqual(['organisation.logo: the file cannot be read (ENOENT)'])
  })
})

describe('texts', () => {
  test('one text serves both languages, and one language the other', async () => {
    const apps = `    description: Travel expenses\n    group: { de: Büro }\n`
    const { apps: built } = await valid(`${smallest}${apps}`)
    expect(built.get('wiki')!.portal).toEqual({
      icon: undefined,
      description: { en: 'Travel expenses', de: 'Travel expenses' },
      group: { en: 'Büro', de: 'Büro' },
    })
  })

  test('sentences are parsed, for the organisation and for each app', async () => {
    const { organisation, apps } = await valid(
      `${smallest}    messages: { request: { en: Name the ticket. } }\norganisation: { messages: { denied: { mfa_required: "Keys: [help](https://help.example.com)", otherwise: x } } }\n`,
    )
    expect(organisation.messages.denied.get('mfa_required')!.en).toEqual([
      { kind: 'paragraph', content: ['Keys: ', { kind: 'link', href: 'https://help.example.com', content: ['help'] }] },
    ])
    expect(organisation.messages.otherwise!.de).toEqual([{ kind: 'paragraph', content: ['x'] }])
    expect(apps.get('wiki')!.messages!.request!.de).toEqual([{ kind: 'paragraph', content: ['Name the ticket.'] }])
  })

  test('an unknown reason code is refused, with the one that was meant', async () => {
    expect(await problemsOf('{ messages: { denied: { mfa_requird: x } } }')).toEqual([
      'organisation.messages.denied.mfa_requird: unknown reason code "mfa_requird" (did you mean "mfa_required"?)',
    ])
  })

  test.each(['javascript:alert(1)', 'http://example.com', 'data:text/html,x', '//example.com', '/path', 'https:x'])(
    'a link to %s is refused',
    async (href) => {
      expect(await problemsOf(`{ messages: { request: { de: "[x](${href})" } } }`)).toEqual([
        'organisation.messages.request.de: links may lead to https:, mailto: and tel: only',
      ])
    },
  )

  test('addresses of support and imprint are checked', async () => {
    expect(
      await problemsOf(
        '{ imprint: "javascript:alert(1)", support: { url: http://help.example.com, mail: "it@example.com?bcc=x@y", phone: "+49 30 1 <script>" } }',
      ),
    ).toEqual([
      'organisation.imprint: expected an address such as https://www.example.com/imprint',
      'organisation.support.url: expected an address such as https://www.example.com/imprint',
      'organisation.support.mail: expected an e-mail address',
      'organisation.support.phone: expected a telephone number such as "+49 30 1234567"',
    ])
  })
})

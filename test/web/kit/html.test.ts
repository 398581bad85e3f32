import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { html, render } from '../../../src/web/kit/html.ts'

/** Decodes the entities as a browser does. */
function unescape(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }
  return text.replace(/&(amp|lt|gt|quot|#39|#96);/g, (_whole, name: string) => named[name]!)
}

const printable = fc
  .string({ unit: 'grapheme' })
  .filter(
    (text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/.test(text),
  )

describe('a template value', () => {
  test('never opens a tag, closes an attribute or starts an entity', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(render(html`${text}`)).toMatch(/^(?:[^<>"'`&]|&(?:amp|lt|gt|quot|#39|#96);)*$/su)
      }),
    )
  })

  test('decodes to the original text in a browser', () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(unescape(render(html`${text}`))).toBe(text)
      }),
    )
  })

  test('is well-formed Unicode without control characters or direction overrides', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = render(html`${text}`)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown).not.toMatch(/[\u0000\u0008\u001b\u007f\u202e\u2066]/)
      }),
    )
    expect(render(html`${'a\u202eb\ud800'}`)).toBe('a\ufffdb\ufffd')
  })

  test('that is markup is not escaped twice', () => {
    const inner = html`<b>${'<i>'}</b>`
    expect(render(html`<p>${inner}</p>`)).toBe('<p><b>&lt;i&gt;</b></p>')
  })

  test('that only looks like markup is escaped', () => {
    const posing = JSON.parse('{"markup":"<script>"}') as string
    expect(() => render(html`${posing}`)).toThrow()
    expect(render(html`${[Symbol('markup').toString(), '<b>']}`)).toBe('Symbol(markup)&lt;b&gt;')
  })

  test('renders empty values as nothing, and joins lists', () => {
    expect(render(html`[${null}${undefined}${false}${true}]`)).toBe('[]')
    expect(render(html`${[1, 'a', html`<br />`, [null, '<']]}`)).toBe('1a<br />&lt;')
    expect(render(html`${0}`)).toBe('0')
  })

  test('in an unquoted attribute throws', () => {
    expect(() => html`<a href=${'x'}></a>`).toThrow('quoted')
    expect(() => html`<a class="${'a'}" href=${'x'}></a>`).toThrow('quoted')
    expect(render(html`1 + 1 =${2}`)).toBe('1 + 1 =2')
  })
})

describe('the URL of a link', () => {
  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:x',
    ' javascript:x',
    'data:text/html,x',
    '//evil.example',
    '/\\evil',
    '/\t/evil.example',
    '/\n\\evil.example',
    'https:/\r/evil',
    'evil',
  ])('is dropped when it is %j', (address) => {
    expect(render(html`<a href="${address}">x</a>`)).toBe('<a href="#">x</a>')
  })

  test.each(['/sign-in?a=1&b=2', 'https://wiki.example.com/', 'mailto:it@example.com', '#main', '?x'])(
    'is kept when it is %j',
    (address) => {
      expect(unescape(render(html`<form action="${address}"></form>`))).toBe(`<form action="${address}"></form>`)
    },
  )

  test('never has a script scheme', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const address = render(html`<a href="${text}"></a>`).slice(9, -6)
        expect(address).toMatch(/^(?:https?:\/\/|mailto:|\/(?![/\\])|[#?]|$)/i)
      }),
    )
  })
})

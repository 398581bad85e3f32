// Pages with a line of script or for frames: which ones there are, and that their policy allows exactly what they need.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { render } from '../../src/web/kit/html.ts'
import { contentSecurityPolicy, pageSecurityPolicy } from '../../src/web/kit/security-headers.ts'
import { passkeyScript } from '../../src/web/guests/passkey-script.ts'
import { headersOf } from './reply-headers.ts'
import { elementsOf } from './html-validator.ts'
import { renderAllPages, renderSpecialPages } from './page-fixtures.ts'

const send = 'HTMLFormElement.prototype.submit.call(document.forms[0])'
const close = 'close()'
const passkey = render(passkeyScript.element).replace(/^<script>|<\/script>$/g, '')
const scripts: Readonly<Record<string, string>> = {
  'send-again': send,
  'send-again-framed': send,
  'waiting-signed-in': send,
  'signed-in-window': close,
  'passkey-confirm': passkey,
  'passkey-refused': passkey,
  'passkey-list': passkey,
  'passkey-list-empty': passkey,
}
const embedders = 'https://wiki.example.com https://portal.example.com'

describe.each(['en', 'de'] as const)('in %s', (language) => {
  const pages = renderSpecialPages(language)

  test.each([...pages.keys()])('%s runs exactly the script it is known for, allowed by its hash', (name) => {
    const body = String(pages.get(name)!.body)
    const policy = headersOf(pages.get(name)!).get('content-security-policy')!
    const line = scripts[name]
    expect([...body.matchAll(/<script[^>]*>(.*?)<\/script>/gsu)].map(([, text]) => text)).toEqual(line ? [line] : [])
    const hash = line && createHash('sha256').update(line).digest('base64')
    expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe(hash && `'sha256-${hash}'`)
    expect(policy).toMatch(/^default-src 'none'; /)
    expect(policy).not.toMatch(/unsafe|\*|data:/)
    elementsOf(body)
  })

  test.each([...pages.keys()])('%s may be shown in frames of the listed pages alone, or in none', (name) => {
    const headers = headersOf(pages.get(name)!)
    const inFrame = !['send-again', 'signed-in-window'].includes(name) && !name.startsWith('passkey')
    expect(headers.get('content-security-policy')).toContain(`frame-ancestors ${inFrame ? embedders : "'none'"};`)
    expect(headers.get('x-frame-options')).toBe(inFrame ? undefined : 'DENY')
  })

  test.each([...pages.keys()])('%s may ask for a passkey, or not', (name) => {
    const asks = name.startsWith('passkey') ? 'publickey-credentials-get=(self)' : 'publickey-credentials-get=()'
    expect(headersOf(pages.get(name)!).get('permissions-policy')).toContain(asks)
  })

  test('links in a frame open tabs, and the form that is sent again stays', () => {
    for (const name of ['framed-sign-in', 'framed-bad-gateway', 'send-again-framed'])
      expect(String(pages.get(name)!.body)).toContain('<base target="_blank" />')
    expect(String(pages.get('send-again-framed')!.body)).toContain('action="" target="_self"')
  })

  test('only the page that waits loads itself again, and the page around it does not', () => {
    for (const [name, { body }] of pages)
      expect([name, String(body).includes('refresh')]).toEqual([name, name === 'waiting'])
  })
})

test('no other page has a script, a frame or a policy of its own', () => {
  for (const reply of renderAllPages('en').values()) {
    expect(String(reply.body)).not.toMatch(/<script|<iframe|<base/)
    expect([contentSecurityPolicy, pageSecurityPolicy]).toContain(headersOf(reply).get('content-security-policy'))
    expect(headersOf(reply).get('x-frame-options')).toBe('DENY')
  }
})

test('a field of a form that is sent again is text, whatever it contains', () => {
  const elements = elementsOf(String(renderSpecialPages('en').get('send-again')!.body))
  const inputs = elements.filter(({ name }) => name === 'input').map(({ attributes }) => Object.fromEntries(attributes))
  expect(inputs).toEqual([
    { type: 'hidden', name: 'SAMLResponse', value: 'PHNhbWxwOlJlc3BvbnNl' },
    { type: 'text', hidden: '', name: '_charset_', value: 'utf-8' },
    {
      type: 'hidden',
      name: '&#34;&#62;&#60;/form&#62;&#60;script&#62;alert&#40;1&#41;&#60;/script&#62;',
      value: '&#39;&#34;&#62;&#60;script&#62;alert&#40;2&#41;&#60;/script&#62;&#13;&#10;&#128;',
    },
  ])
  expect(elements.filter(({ name }) => name === 'script' || name === 'form')).toHaveLength(2)
})

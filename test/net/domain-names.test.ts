// Internationalised domain names: one form for comparison, and no other name that becomes it.

import { expect, test } from 'vitest'
import { asciiDomain, foldAddress } from '../../src/net/domain-names.ts'

test.each([
  ['Example.COM', 'example.com'],
  ['München.example', 'xn--mnchen-3ya.example'],
  ['MU\u0308NCHEN.example', 'xn--mnchen-3ya.example'],
  ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
  ['XN--MNCHEN-3YA.example', 'xn--mnchen-3ya.example'],
  ['例え.jp', 'xn--r8jz45g.jp'],
])('%s is %s', (written, ascii) => {
  expect(asciiDomain(written)).toBe(ascii)
})

test.each([
  ['full-width letters', 'ｅxample.com'],
  ['a full-width dot', 'example．com'],
  ['an ideographic dot', 'example。com'],
  ['KELVIN SIGN', '\u212Aeycloak.example'],
  ['LONG S', 'example.\u017Fe'],
  ['a soft hyphen', 'exam\u00ADple.com'],
  ['a variation selector', 'exam\uFE0Fple.com'],
  ['a zero-width joiner', 'exam\u200Dple.com'],
  ['full-width digits', '１２７.0.0.1'],
  ['a dotted capital I', 'examp\u0130le.com'],
])('%s make no other name', (_name, written) => {
  expect(asciiDomain(written)).toBeUndefined()
})

test('look-alikes stay different names', () => {
  expect(asciiDomain('ех\u0430mple.com')).not.toBe('example.com')
})

test('addresses fold in the same way, with or without the name of a provider', () => {
  expect(foldAddress('Kim@München.example')).toBe('kim@xn--mnchen-3ya.example')
  expect(foldAddress('|mailto:Kim@München.example')).toBe('|mailto:kim@xn--mnchen-3ya.example')
  expect(foldAddress('Kim@ｅxample.com')).toBe('kim@ｅxample.com')
  expect(foldAddress('Kim')).toBe('kim')
})

// Seal: a value opens only for its purpose, under its name, with a configured key.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeal } from '../../src/store/seal.ts'

const [first, second] = [randomBytes(32), randomBytes(32)]

test('a sealed value opens, and does not contain the plain text', () => {
  const seal = createSeal([first])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, purpose, name) => {
      const sealed = seal.seal(purpose, name, text)
      expect(seal.open(purpose, name, sealed)).toBe(text.toWellFormed())
      expect(sealed).toMatch(/^1\.[\w-]{8}\.[\w-]{38,}$/)
    }),
  )
  expect(seal.seal('a', 'b', 'c')).not.toBe(seal.seal('a', 'b', 'c'))
})

test('it does not open under another name or purpose, also when their concatenation is the same', () => {
  const seal = createSeal([first])
  const sealed = seal.seal('session', 'session:1', 'text')
  for (const [purpose, name] of [
    ['session', 'session:2'],
    ['cookie', 'session:1'],
    ['session:session', '1'],
    ['', 'session:session:1'],
  ] as const) {
    expect(seal.open(purpose, name, sealed)).toBeUndefined()
  }
})

test('it does not open with any bit changed', () => {
  const seal = createSeal([first])
  const sealed = seal.seal('p', 'n', 'some text')
  const [version, id, body] = sealed.split('.') as [string, string, string]
  const bytes = Buffer.from(body, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1 << (at % 8)
    expect(seal.open('p', 'n', `${version}.${id}.${changed.toString('base64url')}`)).toBeUndefined()
  }
  for (let length = 0; length < bytes.length; length += 1) {
    expect(seal.open('p', 'n', `${version}.${id}.${bytes.subarray(0, length).toString('base64url')}`)).toBeUndefined()
  }
})

test('arbitrary text neither opens nor throws', () => {
  const seal = createSeal([first])
  const id = seal.seal('p', 'n', '').split('.')[1]
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const sealed of [text, `1.${text}`, `1.${id}.${text}`, `1.${id}.${text}.${text}`, `2.${id}.${text}`]) {
        expect(seal.open('p', 'n', sealed)).toBeUndefined()
      }
    }),
  )
})

test('the first key seals, all open; a removed key opens nothing', () => {
  const before = createSeal([first]).seal('p', 'n', 'old')
  const rotating = createSeal([second, first])
  expect(rotating.open('p', 'n', before)).toBe('old')
  const after = rotating.seal('p', 'n', 'new')
  expect(createSeal([second]).open('p', 'n', after)).toBe('new')
  expect(createSeal([second]).open('p', 'n', before)).toBeUndefined()
  expect(createSeal([first]).open('p', 'n', after)).toBeUndefined()
})

test('derived keys differ by purpose and key, and are the same on every node', () => {
  const keys = [createSeal([first]), createSeal([second])].flatMap((seal) => [seal.deriveKey('a'), seal.deriveKey('b')])
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(4)
  expect(keys.every((key) => key.length === 32)).toBe(true)
  expect(createSeal([first, second]).deriveKey('a')).toEqual(keys[0])
})

test('without keys it seals for this process alone; a short key is rejected', () => {
  const alone = createSeal([])
  expect(alone.open('p', 'n', alone.seal('p', 'n', 'x'))).toBe('x')
  expect(createSeal([]).open('p', 'n', alone.seal('p', 'n', 'x'))).toBeUndefined()
  expect(() => createSeal([randomBytes(16)])).toThrow(expect.objectContaining({ code: 'bad_secret_key' }))
})

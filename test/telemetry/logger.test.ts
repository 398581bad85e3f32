// Operational log: one line per message, redaction, no terminal escapes.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/telemetry/logger.ts'
import { escapeControlCharacters } from '../../src/telemetry/escape-control-characters.ts'

function logging(level: 'debug' | 'info' = 'debug') {
  const lines: string[] = []
  return { lines, log: createLogger({ level, destination: { write: (line) => lines.push(line) } }) }
}

// eslint-disable-next-line no-misleading-character-class
const dangerous = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

describe('logger', () => {
  test('writes level, time, fields and message as one line of JSON', () => {
    const { lines, log } = logging()
    log.warn({ app: 'wiki', attempt: 2 }, 'upstream did not answer')
    expect(lines).toHaveLength(1)
    expect(lines[0]!.endsWith('\n')).toBe(true)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      app: 'wiki',
      attempt: 2,
      msg: 'upstream did not answer',
    })
  })

  test('writes nothing below its level', () => {
    const { lines, log } = logging('info')
    log.debug({}, 'detail')
    log.info({}, 'news')
    expect(lines).toHaveLength(1)
  })

  test.each([
    ['a header object', { headers: { authorization: 'Bearer s3cr3t-value', Cookie: 'a=s3cr3t-value' } }],
    [
      'a flat header list',
      { headers: ['Accept', '*/*', 'Authorization', 's3cr3t-value', 'Set-Cookie', 's3cr3t-value'] },
    ],
    ['token fields', { refreshToken: 's3cr3t-value', id_token: 's3cr3t-value', tokens: ['s3cr3t-value'] }],
    ['secret fields', { client_secret: 's3cr3t-value', secretKeys: ['s3cr3t-value'], password: 's3cr3t-value' }],
    ['query values', { url: 'https://a.example/callback?code=s3cr3t-value&state=s3cr3t-value#ticket=s3cr3t-value' }],
    ['a form body', { detail: 'code=s3cr3t-value&grant_type=authorization_code' }],
    ['a query object', { query: { code: 's3cr3t-value', state: 's3cr3t-value' } }],
    ['credentials in a text', { detail: 'sent Authorization: Bearer s3cr3t-value0' }],
    ['our cookie in a text', { detail: 'Cookie was __Host-einlass=s3cr3t-value; a=b' }],
    ['user info in a URL', { store: 'rediss://default:s3cr3t-value@db.example:6380/0' }],
    ['an error with a cause', { error: new Error('redis://u:s3cr3t-value@h', { cause: { token: 's3cr3t-value' } }) }],
    ['a deep field', { a: { b: { c: { accessToken: 's3cr3t-value' } } } }],
    ['a URL object', { at: new URL('https://u:s3cr3t-value@a.example/?ticket=s3cr3t-value') }],
    ['a map', { all: new Map([['cookie', 's3cr3t-value']]) }],
  ])('hides secrets in %s', (_name, fields) => {
    const { lines, log } = logging()
    log.info(fields, 'something happened')
    expect(lines[0]).not.toContain('s3cr3t-value')
    expect(lines[0]).toContain('[redacted]')
  })

  test('hides a JWT in any position', () => {
    const { lines, log } = logging()
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl'
    log.info({ detail: `got ${jwt} back` }, `refused ${jwt}`)
    expect(lines[0]).not.toContain('eyJ')
  })

  test('keeps values that are not secret: error codes, states, endpoints', () => {
    const { lines, log } = logging()
    log.error(
      {
        error: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
        state: 'failing',
        token_endpoint: 'https://i/t',
      },
      'x',
    )
    expect(JSON.parse(lines[0]!)).toMatchObject({
      error: { code: 'ECONNREFUSED', message: 'no' },
      state: 'failing',
      token_endpoint: 'https://i/t',
    })
  })

  test('a field cannot replace level, time or message', () => {
    const { lines, log } = logging()
    log.error({ level: 'debug', time: 0, msg: 'all is well' }, 'it broke')
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'error', msg: 'it broke', field_level: 'debug' })
    expect(lines[0]!.match(/"level":/g)).toHaveLength(1)
  })

  test('a message is not a format string', () => {
    const { lines, log } = logging()
    log.info({ a: 1 }, '100%s %d %o')
    expect(JSON.parse(lines[0]!).msg).toBe('100%s %d %o')
  })

  test('never throws, for any input', () => {
    const { lines, log } = logging()
    const cyclic: Record<string, unknown> = { big: 10n, nothing: undefined, fn: () => 1, symbol: Symbol('x') }
    cyclic['self'] = cyclic
    Object.defineProperty(cyclic, 'trap', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    log.info(cyclic, 'odd')
    log.info({ ok: new Date(Number.NaN), bytes: Buffer.from('abc'), deep: cyclic }, 'odd')
    log.info(null as unknown as object, 'odd')
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['odd', 'odd', 'odd'])
  })

  test('no content creates a second line or a terminal escape', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
        fc.string({ unit: 'binary' }),
        (fields, message) => {
          const { lines, log } = logging()
          log.info(fields, message)
          expect(lines).toHaveLength(1)
          expect(lines[0]!.slice(0, -1)).not.toMatch(dangerous)
          JSON.parse(lines[0]!)
        },
      ),
    )
  })

  test('escaping does not change the parsed JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(escapeControlCharacters(JSON.stringify(text)))).toBe(text)
      }),
    )
    expect(escapeControlCharacters(JSON.stringify('a\u202eb\u009b31m\u2028c'))).toBe('"a\\u202eb\\u009b31m\\u2028c"')
  })
})

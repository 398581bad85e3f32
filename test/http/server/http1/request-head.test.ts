// Finding a request head in received bytes: however they are split, where it ends, when it is large, and what it cannot be.

import { describe, expect, test } from 'vitest'
import { cookieAllowance } from '../../../../src/http/head-limits.ts'
import { createLargeHeadReader, type LargeHead } from '../../../../src/http/server/http1/large-head.ts'
import { findRequestHead, readLargeHead } from '../../../../src/http/server/http1/request-head.ts'

const limits = { headerBytes: 100, headerCount: 5 }
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const find = (text: string, scanned = 0) => findRequestHead(latin1(text), scanned, limits)
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('a head within its usual size', () => {
  test('ends behind its empty line; empty lines before it are ignored (RFC 9112 2.2)', () => {
    expect(find(`${get}next`)).toMatchObject({ state: 'complete', end: get.length, head: { target: '/' } })
    expect(find(`\r\n\n\r\n${get}next`)).toMatchObject({ state: 'complete', end: get.length + 5 })
  })

  test('is incomplete as long as it can become one', () => {
    expect(find('')).toMatchObject({ state: 'incomplete', scanned: 0 })
    expect(find('\r\n')).toMatchObject({ state: 'incomplete', scanned: 2 })
    for (let length = 1; length < get.length; length++) {
      expect(find(get.slice(0, length))).toEqual({ state: 'incomplete', scanned: length })
    }
  })

  test('that can never become one is rejected at once, unless as much was looked at before', () => {
    const malformed = { state: 'rejected', status: '400 Bad Request' }
    expect(find('\0')).toEqual(malformed)
    expect(find('GET / HTTP/1.1\nHost')).toEqual(malformed)
    expect(find('\0'.repeat(10), 6)).toEqual({ state: 'incomplete', scanned: 6 })
    expect(find('\0'.repeat(10), 5)).toEqual(malformed)
    expect(find('GET / HTTP/1.1\r\nX : a\r\n\r\n')).toEqual(malformed)
  })

  test('may have as many bytes as fields and their syntax take', () => {
    const head = (bytes: number): string => `${get.slice(0, -2)}X: ${'a'.repeat(bytes - get.length - 5)}\r\n\r\n`
    // 100 bytes, and 4 for each of 5 fields.
    expect(head(120)).toHaveLength(120)
    expect(find(head(120)).state).toBe('complete')
    expect(find(head(121))).toEqual({ state: 'large', start: 0 })
    expect(find(`\r\n${head(120)}`).state).toBe('complete')
    expect(find(`\r\n${head(121)}`)).toEqual({ state: 'large', start: 2 })
    expect(find(`${'\0'.repeat(200)}`)).toEqual({ state: 'rejected', status: '400 Bad Request' })
  })

  test('with more fields than any limit is too large', () => {
    const many = `GET / HTTP/1.1\r\n${'a:b\r\n'.repeat(1_500)}\r\n`
    expect(findRequestHead(latin1(many), 0, { headerBytes: 100_000, headerCount: 1 })).toEqual({
      state: 'rejected',
      status: '431 Request Header Fields Too Large',
    })
  })
})

describe('a large head', () => {
  /** Fed in pieces of this size; the text after the head is in the last of them. */
  function read(text: string, size = text.length): LargeHead & { readonly pieces: number } {
    const reader = createLargeHeadReader(limits)
    let pieces = 0
    for (let at = 0; at < text.length; at += size) {
      pieces++
      const large = reader.read(latin1(text.slice(at, at + size)))
      if (large.state !== 'incomplete') return { ...large, pieces }
    }
    return { state: 'incomplete', pieces }
  }
  const begin = 'GET / HTTP/1.1\r\nHost: a\r\n'
  const sizes = [1, 2, 3, 7, 15, 16, 17, 40, 10_000]

  test.each(sizes)('in pieces of %d bytes keeps its lines, and its cookies within their limit', (size) => {
    const cookie = `Cookie: ${'c'.repeat(90)}\r\n`
    const text = `${begin}${cookie}X: a\r\n\r\n`
    expect(cookie).toHaveLength(100)
    const large = read(text, size)
    expect(large).toMatchObject({ state: 'complete', omitted: 0 })
    expect(large.state === 'complete' && String(large.head)).toBe(text)
  })

  test.each(sizes)('in pieces of %d bytes loses its cookies beyond, all of them, and counts them', (size) => {
    const cookies = [`Cookie: ${'c'.repeat(80)}\r\n`, `cOOKIE : b\r\n`]
    const text = `${begin}${cookies[0]}X: a\r\n${cookies[1]}Cookies: d\r\n\r\n`
    const large = read(text, size)
    expect(large).toMatchObject({ state: 'complete', omitted: cookies.join('').length })
    expect(large.state === 'complete' && String(large.head)).toBe(`${begin}X: a\r\nCookies: d\r\n\r\n`)
  })

  test('tells where it ends in the bytes read last', () => {
    const reader = createLargeHeadReader(limits)
    expect(reader.read(latin1(begin))).toEqual({ state: 'incomplete' })
    expect(reader.read(latin1('X: a\r\n\r\nnext'))).toMatchObject({ state: 'complete', end: 8 })
    expect(read(`${begin}\r`).state).toBe('incomplete')
    // A line that only looks empty in part, and one of another byte.
    expect(read(`${begin}a\n\r\n`)).toMatchObject({ state: 'complete', end: begin.length + 4 })
    expect(read(`${begin}\n`).state).toBe('incomplete')
  })

  test('is too large by its other lines, and by more cookies than a browser can store', () => {
    const other = (bytes: number) => `${begin}X: ${'a'.repeat(bytes - begin.length - 5)}\r\n`
    expect(other(118)).toHaveLength(118)
    expect(read(`${other(118)}\r\n`).state).toBe('complete')
    expect(read(`${other(119)}\r\n`).state).toBe('too_large')
    const cookies = (bytes: number) => `${begin}Cookie: ${'c'.repeat(bytes - 10)}\r\n`
    expect(read(`${cookies(cookieAllowance)}\r\n`)).toMatchObject({ state: 'complete', omitted: cookieAllowance })
    expect(read(`${cookies(cookieAllowance + 1)}\r\n`).state).toBe('too_large')
  })

  test('is parsed like any other, and the end that both found must be the same', () => {
    const whole = (text: string) => readLargeHead({ state: 'complete', head: latin1(text), end: 7, omitted: 0 })
    expect(whole(get)).toMatchObject({ state: 'complete', end: 7, head: { headers: ['Host', 'a'] } })
    for (const text of [`${get}X`, get.slice(0, -2), get.replace(': ', ' : '), `${get}${get}`]) {
      expect(whole(text)).toEqual({ state: 'rejected', status: '400 Bad Request' })
    }
  })
})

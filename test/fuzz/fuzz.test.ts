// Self-test of the fuzzer: its strict parser follows RFC 9112, and every target without a process passes a short run.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { read } from './reference-parser.ts'
import { checkTarget } from './targets/request-target.ts'
import { targets } from './targets.ts'

describe('the strict reader', () => {
  const get = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'

  test('finds requests one after the other, with their bodies', () => {
    const post = 'POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'
    const chunked = 'POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n'
    const { requests, rest } = read(get + post + chunked + get)
    expect(rest).toBe('nothing')
    expect(requests.map(({ target, body }) => [target, body])).toEqual([
      ['/a', ''],
      ['/b', 'abc'],
      ['/c', 'abc'],
      ['/a', ''],
    ])
  })

  test.each([
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 0\r\n', 'malformed'],
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', 'malformed'],
    ['a signed length', 'Content-Length: +4\r\n', 'malformed'],
    ['a field without a colon', 'nonsense\r\n', 'malformed'],
    ['a longer body than there is', 'Content-Length: 400\r\n', 'incomplete'],
  ])('finds no request with %s, and nothing after it', (_name, fields, rest) => {
    const reading = read(`${get}POST / HTTP/1.1\r\n${fields}\r\n${get}`)
    expect(reading.requests).toHaveLength(1)
    expect(reading.rest).toBe(rest)
  })
})

test('what was found once is found no more', () => {
  for (const target of ['/a/b/%2F../c', '/%2F./', '/a%2f.%2fb', '/a/%2F%2F%2F%2F../b']) checkTarget(target)
})

const withProcess = new Set(['raw', 'admin-socket'])
/** Number of inputs for slower targets. */
const slow = new Map([
  ['configuration', 60],
  ['http1-servers', 100],
  ['http1-clients', 150],
])

test.each(targets.filter(({ name }) => !withProcess.has(name)))('$name: $law', async ({ open, name }) => {
  const opened = await open()
  try {
    const runs = { numRuns: slow.get(name) ?? 400, seed: 20_261_121 }
    await fc.assert(
      fc.asyncProperty(opened.inputs, async (input) => opened.check(input)),
      runs,
    )
    await opened.settle?.()
  } finally {
    await opened.close()
  }
})

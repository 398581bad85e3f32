// Small parts of the HTTP server: syntax of fields at its limits, escaping, the unordered list, idle timeouts, addresses.

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { escapeHtml } from '../../src/http/escape-html.ts'
import {
  isAsciiFieldValue,
  isBlank,
  isChunkExtensions,
  isFieldValue,
  isRequestTarget,
  isToken,
  isUnescapedWord,
  parseContentLength,
  parseFieldLine,
  startsWithStatusLine,
} from '../../src/http/field-syntax.ts'
import { createIdleTimeouts, idleTimer } from '../../src/http/idle-timeouts.ts'
import { add, remove, type Indexed } from '../../src/http/indexed-list.ts'
import { plainAddress } from '../../src/http/peer-address.ts'

/** All bytes for which `holds`, as ranges: `9 32-126`. */
function bytes(holds: (character: string) => boolean): string {
  const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => holds(String.fromCharCode(code)))
  const ranges: [number, number][] = []
  for (const code of codes) {
    const last = ranges.at(-1)
    if (last?.[1] === code - 1) last[1] = code
    else ranges.push([code, code])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(' ')
}

describe('bytes of', () => {
  test.each<[string, (character: string) => boolean, string]>([
    ['a token', isToken, '33 35-39 42-43 45-46 48-57 65-90 94-122 124 126'],
    ['a field value', isFieldValue, '9 32-126 128-255'],
    ['a field value in ASCII', isAsciiFieldValue, '9 32-126'],
    ['a request target', isRequestTarget, '33-126 128-255'],
    ['a word that needs no escaping', isUnescapedWord, '33 35-91 93-126'],
    ['white space', (character) => isBlank(character.charCodeAt(0)), '9 32'],
  ])('%s', (_name, holds, ranges) => {
    expect(bytes(holds)).toBe(ranges)
    // At any place of a longer text as well.
    if (ranges !== '9 32') expect([holds(`a\n`), holds(`\na`), holds('aa')]).toEqual([false, false, true])
  })
})

test('a token, a target and a word are not empty, a field value may be', () => {
  expect([isToken(''), isRequestTarget(''), isUnescapedWord(''), isFieldValue(''), isAsciiFieldValue('')]).toEqual([
    false,
    false,
    false,
    true,
    true,
  ])
})

describe('a field line', () => {
  test.each<[string, readonly [string, string] | undefined]>([
    ['a:b', ['a', 'b']],
    ['a: \t b\t ', ['a', 'b']],
    ['a:', ['a', '']],
    ['a: \t', ['a', '']],
    ['a:b:c', ['a', 'b:c']],
    ['a: b c', ['a', 'b c']],
    [':b', undefined],
    ['a', undefined],
    ['', undefined],
    [' a: b', undefined],
    ['a : b', undefined],
    ['a: b\0', undefined],
  ])('%j', (line, field) => expect(parseFieldLine(line)).toEqual(field))
})

test.each<[string, number | undefined]>([
  ['0', 0],
  ['007', 7],
  ['999999999999999', 999_999_999_999_999],
  ['1000000000000000', undefined],
  ['', undefined],
  ['-1', undefined],
  ['1 ', undefined],
  ['x1', undefined],
  ['1e3', undefined],
])('the content length %j is %s', (text, length) => expect(parseContentLength(text)).toBe(length))

test.each<[string, boolean]>([
  ['HTTP/1.1 200 OK', true],
  ['HTTP/1.0 200\r\n', true],
  ['HTTP/1.1 200', false],
  ['HTTP/1.2 200 OK', false],
  ['HTTP/2.0 200 OK', false],
  ['HTTP/1.1  200 OK', false],
  ['HTTP/1.1 20 OK', false],
  ['HTTP/1.1 2000 OK', false],
  ['xHTTP/1.1 200 OK', false],
])('%j begins with a status line: %s', (head, begins) => expect(startsWithStatusLine(head)).toBe(begins))

test('no chunk extensions are valid ones', () => {
  expect([isChunkExtensions(''), isChunkExtensions('x'), isChunkExtensions(';a\n')]).toEqual([true, false, false])
})

describe('text in a page', () => {
  test('has no character of markup', () => {
    expect(escapeHtml(`<a href="x" id='y'>&\``)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&#96;')
  })

  test('shows unprintable characters and unpaired surrogates as U+FFFD, and keeps white space', () => {
    const odd = ['\0', '\b', '\v', '\f', '\u000e', '\u001f', '\u007f', '\u009f', '\u2028', '\u2029']
    const hidden = ['\u202a', '\u202e', '\u2066', '\u2069', '\ufffe', '\uffff', '\ud800']
    for (const character of [...odd, ...hidden]) expect(escapeHtml(`a${character}b`)).toBe('a\ufffdb')
    for (const text of ['a\tb\nc\rd', '\u00a0\u2027\u202f\u2065\u206a', 'ä😀']) expect(escapeHtml(text)).toBe(text)
  })
})

describe('an unordered list', () => {
  const member = (): Indexed => ({ index: -1 })

  test('has each member once, however often it is added', () => {
    const list: Indexed[] = []
    const [one, two] = [member(), member()]
    for (const each of [one, two, one, two]) add(list, each)
    expect([list.length, one.index, two.index]).toEqual([2, 0, 1])
  })

  test.each([0, 1, 2])('loses exactly the member that is removed: number %d', (removed) => {
    const list: Indexed[] = []
    const members = [member(), member(), member()]
    for (const each of members) add(list, each)
    expect(remove(list, members[removed]!)).toBe(true)
    expect(new Set(list)).toEqual(new Set(members.filter((_, at) => at !== removed)))
    expect(list.map(({ index }) => index)).toEqual([0, 1])
    expect(members[removed]!.index).toBe(-1)
    expect(remove(list, members[removed]!)).toBe(false)
    add(list, members[removed]!)
    expect(list).toHaveLength(3)
  })
})

describe('idle timeouts', () => {
  /** Intervals are real, the time of the timers is not. */
  function timeouts() {
    const clock = { now: 1000 }
    const idle = createIdleTimeouts(20, () => clock.now)
    const fired: string[] = []
    const timer = (name: string, then = () => {}) => idleTimer(() => (fired.push(name), then()))
    return { clock, idle, fired, timer }
  }

  test('fire once, when the time has passed, in any order', async () => {
    const { clock, idle, fired, timer } = timeouts()
    const [one, two] = [timer('one'), timer('two')]
    idle.start(one)
    clock.now += 10
    idle.start(two)
    clock.now += 9
    await pause(30)
    expect(fired).toEqual([])
    clock.now += 1
    await expect.poll(() => fired).toEqual(['one'])
    clock.now += 10
    await expect.poll(() => fired).toEqual(['one', 'two'])
    clock.now += 100
    await pause(30)
    expect(fired).toEqual(['one', 'two'])
    idle.close()
  })

  test('begin anew when they are restarted, and never fire when they are cancelled', async () => {
    const { clock, idle, fired, timer } = timeouts()
    const [restarted, cancelled] = [timer('restarted'), timer('cancelled')]
    idle.start(restarted)
    idle.start(cancelled)
    clock.now += 19
    idle.start(restarted)
    idle.cancel(cancelled)
    idle.cancel(cancelled)
    clock.now += 19
    await pause(30)
    expect(fired).toEqual([])
    clock.now += 1
    await expect.poll(() => fired).toEqual(['restarted'])
    idle.close()
  })

  test('that an earlier one cancels or restarts do not fire in the same turn', async () => {
    const { clock, idle, fired, timer } = timeouts()
    const [cancelled, restarted] = [timer('cancelled'), timer('restarted')]
    idle.start(
      timer('first', () => {
        idle.cancel(cancelled)
        idle.start(restarted)
      }),
    )
    idle.start(cancelled)
    idle.start(restarted)
    clock.now += 20
    await expect.poll(() => fired).toEqual(['first'])
    await pause(30)
    expect(fired).toEqual(['first'])
    idle.close()
  })

  test('do not fire once they are closed', async () => {
    const { clock, idle, fired, timer } = timeouts()
    idle.start(timer('one'))
    idle.close()
    clock.now += 100
    await pause(40)
    expect(fired).toEqual([])
  })
})

test.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['x::ffff:192.0.2.1', 'x::ffff:192.0.2.1'],
])('the peer %s is %s', (address, plain) => expect(plainAddress(address)).toBe(plain))

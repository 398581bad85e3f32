// Octets of a request target at each server: what arrives is what was sent, or the request is refused.

import { expect, test } from 'vitest'
import { canonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import {
  http1Servers,
  limitedListener,
  received,
  servers,
  type LimitedListener,
} from '../../support/limited-listener.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()

const bytes = Array.from({ length: 256 }, (_, byte) => byte)
const targets = bytes.flatMap((byte) => [`/a${String.fromCharCode(byte)}b`, `/a?x${String.fromCharCode(byte)}y`])
// As part of a request line they end the target, and so are another request.
const ends = (target: string): boolean => /[ \r\n]/.test(target)

/** Sends one request; resolves when it was answered or its connection ended. */
async function ask({ connectTcp }: LimitedListener, target: string): Promise<void> {
  const socket = connectTcp()
  socket.write(`GET ${target} HTTP/1.1\r\nHost: wiki.test\r\nConnection: close\r\n\r\n`, 'latin1')
  await received(socket, /^HTTP\/1\.1 \d/)
  socket.destroy()
}

const acceptable = (target: string): boolean => !('refused' in canonicalTarget(target))
const shown = (list: readonly string[]): string[] => list.map((one) => JSON.stringify(one))

test.each(http1Servers)('%s: every octet in a path and in a query', async (server) => {
  const open = await limitedListener(server, undefined, undo)
  const wanted = targets.filter((target) => !ends(target))
  for (const target of wanted) await ask(open, target)
  const accepted = open.seen.map(({ received: { target } }) => target).filter(acceptable)
  // Node's parser takes no octet above ASCII.
  const expected = wanted.filter((one) => acceptable(one) && (server === 'einlass' || !/[\x80-\xff]/.test(one)))
  expect(shown(accepted)).toEqual(shown(expected))
  for (const target of targets.filter(ends)) await ask(open, target)
  const none = open.seen.slice(wanted.length).map(({ received: { target } }) => target)
  expect(none.filter((target) => /[ \r\n]/.test(target))).toEqual([])
})

/** A literal without indexing (RFC 7541 6.2.2), of less than 127 octets. */
function field(name: string, value: string): Buffer {
  return Buffer.from(
    `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
    'latin1',
  )
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

test('http2: every octet in a path and in a query', async () => {
  const open = await limitedListener('http2', wiki, undo)
  const accepted = (): string[] =>
    shown(open.seen.map(({ received: { target } }) => target).filter(acceptable)).toSorted()
  const settings = [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]
  // A few on each connection: one with too many malformed streams is closed.
  for (let from = 0; from < targets.length; from += 16) {
    const socket = open.connect()
    const requests = targets.slice(from, from + 16).map((target, index) => {
      const fields = [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'wiki.test'],
        [':path', target],
      ] as const
      return frame(1, 5, 2 * index + 1, Buffer.concat(fields.map(([name, value]) => field(name, value))))
    })
    socket.write(Buffer.concat([...settings, ...requests, frame(6, 0, 0, Buffer.alloc(8))]))
    // The acknowledged PING (RFC 9113 6.7) comes after the requests were read.
    await received(socket, /\0\0\x08\x06\x01/)
    // Each is handed over on a turn of its own; what is ended before is not.
    const wanted = shown(targets.slice(from, from + 16).filter(acceptable))
    await expect.poll(accepted).toEqual(expect.arrayContaining(wanted))
    socket.destroy()
  }
  expect(accepted()).toEqual(shown(targets.filter(acceptable)).toSorted())
})

test.each(servers)('%s: a target in an incomplete head, octet by octet', async (server) => {
  if (server === 'http2') return
  const open = await limitedListener(server, undefined, undo)
  const target = server === 'einlass' ? '/a?q=50%&x=#\\"\xe4\xff' : '/a?q=50%&x=#\\"'
  const socket = open.connectTcp()
  socket.setNoDelay(true)
  for (const one of `GET ${target} HTTP/1.1\r\nHost: wiki.test\r\n\r\n`) {
    socket.write(one, 'latin1')
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await received(socket, /seen$/)).toMatch(/^HTTP\/1\.1 200 /)
  expect(open.seen[0]!.received.target).toBe(target)
})

// Octets of a request target at both clients: what the gateway accepts is written as it is.

import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { canonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import type { ResponseWriter } from '../../../src/http/response-writer.ts'
import { noHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { app, startProxyEnvironment } from '../../support/proxy-environment.ts'
import { answering, startRawUpstream } from '../../support/raw-upstream.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const undo = undoneAfterEach()
const discarded: ResponseWriter = {
  headersSent: false,
  closed: false,
  writeInformational() {},
  writeHead() {},
  write: () => true,
  end() {},
  onDrain() {},
  onClientClose() {},
  destroy() {},
}

const octets = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
const targets = octets
  .flatMap((octet) => [`/a${octet}b`, `/a?x${octet}y`, `/a%${octet.charCodeAt(0).toString(16).padStart(2, '0')}b`])
  .filter((target) => !('refused' in canonicalTarget(target)))

test.each([true, false])('own client %s: each accepted target arrives octet by octet', async (http1Client) => {
  const upstream = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  undo.push(() => upstream.close())
  const front = await startProxyEnvironment(app([upstream.origin]), { http1Client })
  undo.push(() => front.close())
  const request = {
    method: 'GET',
    headers: { perRequest: 'Host: a\r\n', perHost: noHeaders, perUser: noHeaders },
    hasBody: false,
    contentLength: undefined,
    version: '1.1',
  } as const
  for (const target of targets) {
    const result = await front.upstream.forward({ ...request, target, body: Readable.from([]) }, discarded, () => {})
    expect([target, result.status]).toEqual([target, 200])
  }
  expect(targets.length).toBeGreaterThan(450)
  expect(upstream.requests.map(({ line }) => line)).toEqual(targets.map((target) => `GET ${target} HTTP/1.1`))
})

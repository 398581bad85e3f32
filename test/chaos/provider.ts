// Fault injection at the identity provider: unreachable, slow, or invalid responses during re-validation.

import type { ServerResponse } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import { ask, poll, healthyWithoutErrors, within } from './client-outcome.ts'
import { must, type FaultGroup } from './expectation.ts'

/** Milliseconds. */
const revalidate = 2_000
const slack = 1_200

/** Takes over the response; a response left open is closed when the fault ends. */
type Says = (response: ServerResponse, path: string) => void

const json = { 'content-type': 'application/json' }
const faults: readonly { readonly name: string; readonly says: Says | 'nothing' }[] = [
  { name: 'provider down', says: 'nothing' },
  { name: 'provider never answers', says: () => {} },
  { name: 'provider answers 503', says: (response) => void response.writeHead(503, json).end('{}') },
  {
    name: 'provider answers HTML',
    says: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Under maintenance</p>'),
  },
  {
    name: 'provider answers broken JSON',
    says: (response) => void response.writeHead(200, json).end('{"access_token":"a","id_token":'),
  },
  { name: 'provider answers without end', says: flood },
  { name: 'provider redirects', says: (response, path) => void response.writeHead(307, { location: path }).end() },
  {
    name: 'provider rejects our credentials',
    says: (response) => void response.writeHead(401, json).end('{"error":"invalid_client"}'),
  },
  {
    name: 'provider closes mid-answer',
    says: (response) =>
      response.writeHead(200, { ...json, 'content-length': 900 }).write('{"access_token"', () => response.destroy()),
  },
]

export const providerFaults: FaultGroup = {
  name: 'provider',
  async run(promised) {
    const provider = await startProviderUnderTest()
    const stage = await startTestEnvironment({
      apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } },
      more: () => ({
        session: { revalidate: `${revalidate / 1000}s` },
        limits: { sign_ins_per_minute: 100_000 },
        identity: {
          providers: {
            company: { issuer: provider.issuer, client_id: provider.clientId, client_secret: 'file:other.secret' },
          },
        },
      }),
    })
    try {
      await writeFile(join(stage.folder, 'other.secret'), provider.clientSecret)
      const node = await stage.startNode('a')
      const wiki = stage.origin('wiki')
      for (const { name, says } of faults) {
        const ada = stage.person('ada')
        must((await ada.signIn(wiki, node.port)).status === 200, `${name}: sign-in failed before the fault`)
        const socket = await ada.socket(`${wiki}/live`, node.port)
        const memory = node.rss()
        const began = Date.now()
        const end = await begin(provider, says)
        const stranger = stage.person('stranger')
        const [hers] = await Promise.all([
          poll(5_500, () => ask(ada, wiki, node.port)),
          pause(3_500).then(() => stranger.signIn(wiki, node.port).catch(() => undefined)),
        ])
        await promised(name, 'no request is allowed after the revalidation interval', async () => {
          const seen = hers.from(revalidate + slack)
          must(seen.length === 1 && seen[0] === '503 provider_unreachable', seen.join(', '))
          return seen[0]
        })
        await promised(name, 'open connections are cut in time', async () => {
          must(socket.endedAt() !== undefined, 'the WebSocket is still open')
          must(socket.lastAt() - began < revalidate + slack, `last byte after ${socket.lastAt() - began} ms`)
          return `${socket.lastAt() - began} ms`
        })
        await promised(name, 'new sign-ins fail', async () => {
          const seen = await ask(stranger, wiki, node.port)
          must(seen.startsWith('401'), seen)
          return seen
        })
        await end()
        await promised(
          name,
          'heals by itself within 12 s',
          async () => `${await within(12_000, '200', () => ask(ada, wiki, node.port))}, no new sign-in`,
        )
        await promised(name, 'the process keeps running, without memory growth', async () => {
          await healthyWithoutErrors(node)
          const more = Math.round((node.rss() - memory) / 1024 ** 2)
          must(more < 80, `${more} MB more`)
          return `${more} MB more`
        })
        ada.close()
        stranger.close()
      }
    } finally {
      await stage.stop()
      await provider.stop()
    }
  },
}

async function begin(provider: ProviderUnderTest, says: Says | 'nothing'): Promise<() => Promise<void>> {
  if (says === 'nothing') {
    await provider.pause()
    return () => provider.resume()
  }
  const open = new Set<ServerResponse>()
  provider.deviation.reply = (path, response) => {
    open.add(response)
    response.on('error', () => {})
    response.on('close', () => open.delete(response))
    says(response, path)
    return true
  }
  return async () => {
    delete provider.deviation.reply
    for (const response of open) response.destroy()
  }
}

function flood(response: ServerResponse): void {
  response.writeHead(200, json)
  const piece = `{"a":"${'x'.repeat(65_536)}`
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', pour)
  pour()
}

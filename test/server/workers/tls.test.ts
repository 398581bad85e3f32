// Rolling restart of workers behind TLS, with either HTTP/1 backend: no handshake is refused or broken.

import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Status } from '../../../src/server/management/status.ts'
import { certificateFolder } from '../../support/certificates.ts'
import { startTestEnvironment, type TestEnvironment } from '../../support/test-environment.ts'

const certificates = certificateFolder()
let stage: TestEnvironment | undefined

afterEach(async () => {
  await stage?.stop()
  stage = undefined
})
afterAll(() => certificates.remove())

test.each(['node', 'einlass'])(
  'gateway.http1: %s',
  async (http1) => {
    const certificate = certificates.make(['access.localhost', 'wiki.localhost'], `gateway-${http1}`)
    const here = await startTestEnvironment({
      tls: { cert: certificate.cert, key: certificate.key, ca: () => certificate.pem },
      apps: {
        wiki: { policy: [{ allow: { groups: ['staff'] } }], public: [{ paths: ['/open/*'], methods: ['GET'] }] },
      },
      more: () => ({ gateway: { workers: 2, http1 } }),
    })
    stage = here
    const node = await here.startNode('a')
    const wiki = here.origin('wiki')
    const erika = here.person('erika')
    expect((await erika.signIn(wiki, node.port)).status).toBe(200)
    const pids = async (): Promise<number[]> =>
      ((await node.admin('GET', '/status')).value as Status).workers.processes
        .filter(({ state }) => state === 'serving')
        .map(({ pid }) => pid)
    const before = await pids()

    /** One request over a new connection. */
    const once = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const url = new URL(`${wiki}/open/door`)
        const request = https.get(
          {
            host: '127.0.0.1',
            port: node.port,
            path: url.pathname,
            servername: url.hostname,
            headers: { host: url.host },
            ca: certificate.pem,
            agent: false,
          },
          (answer) => {
            answer.resume()
            answer.on('end', () => resolve(answer.statusCode ?? 0))
          },
        )
        request.setTimeout(15_000, () => request.destroy(new Error('no answer within 15 s')))
        request.on('error', reject)
      })
    const answers = new Map<number | string, number>()
    const until = new AbortController()
    const clients = Array.from({ length: 4 }, async () => {
      while (!until.signal.aborted) {
        const what = await once().catch((error: NodeJS.ErrnoException) => error.code ?? error.message)
        answers.set(what, (answers.get(what) ?? 0) + 1)
        await pause(5)
      }
    })
    await here.configure((configuration) => void (configuration['limits'] = { header_bytes: '40KB' }))
    await expect
      .poll(async () => (await pids()).filter((pid) => !before.includes(pid)).length, { timeout: 60_000 })
      .toBe(2)
    await pause(600)
    until.abort()
    await Promise.all(clients)
    expect([...answers.keys()]).toEqual([200])
    expect(answers.get(200)).toBeGreaterThan(10)
    expect((await erika.ask(wiki, node.port)).status).toBe(200)
    expect(await node.stop()).toBe(0)
  },
  100_000,
)

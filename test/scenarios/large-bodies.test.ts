// Bodies of two gigabytes in both directions: every byte is verified, and back-pressure keeps the gateway's memory constant.

import http2 from 'node:http2'
import https from 'node:https'
import tls from 'node:tls'
import type { Readable } from 'node:stream'
import { Readable as Source } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificateFolder } from '../support/certificates.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { createVerifier, flow } from '../support/recording-app.ts'

const gigabytes2 = 2 * 1024 ** 3
/** Bytes. */
const growthAtMost = 150 * 1024 ** 2

const certificates = certificateFolder()
let stage: TestEnvironment
let node: NodeProcess
let files: string
let erika: Person
let pem: string

beforeAll(async () => {
  const made = certificates.make(['access.localhost', 'files.localhost'])
  pem = made.pem
  stage = await startTestEnvironment({
    tls: { cert: made.cert, key: made.key, ca: () => pem },
    apps: { files: { policy: [{ allow: { groups: ['staff'] } }] } },
  })
  node = await stage.startNode('a')
  files = stage.origin('files')
  erika = stage.person('erika')
  expect((await erika.signIn(files, node.port)).status).toBe(200)
})
afterAll(async () => {
  await stage?.stop()
  certificates.remove()
})

const place = () => ({
  host: '127.0.0.1',
  port: node.port,
  servername: 'files.localhost',
  ca: pem,
})

/** Largest growth of the gateway's resident memory while `work` runs, in bytes. */
async function growth(work: () => Promise<void>): Promise<number> {
  const before = node.rss()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, node.rss())), 100)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(most, node.rss()) - before
}

async function verified(body: Readable): Promise<number> {
  const verifier = createVerifier()
  for await (const chunk of body) verifier.take(chunk as Buffer)
  return verifier.bytes()
}

function overHttp1(
  method: string,
  path: string,
  length?: number,
): { request: ReturnType<typeof https.request>; answer: Promise<Readable> } {
  const { host } = new URL(files)
  const cookie = erika.jar.header(new URL(files))!
  const request = https.request({
    ...place(),
    method,
    path,
    agent: false,
    headers: { host, cookie, ...(length !== undefined && { 'content-length': length }) },
  })
  const answer = new Promise<Readable>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      if (response.statusCode === 200) resolve(response)
      else reject(new Error(`answered ${response.statusCode}`))
    })
  })
  return { request, answer }
}

test('an upload of 2 GB over HTTP/1.1', { timeout: 60_000 }, async ({ annotate }) => {
  const started = Date.now()
  const grown = await growth(async () => {
    const { request, answer } = overHttp1('POST', '/upload', gigabytes2)
    const [body] = await Promise.all([answer, pipeline(Source.from(flow(gigabytes2)), request)])
    let text = ''
    for await (const chunk of body) text += String(chunk)
    expect(JSON.parse(text)).toEqual({ bytes: gigabytes2 })
  })
  await annotate(`${Date.now() - started} ms, memory grew by ${Math.round(grown / 1024 ** 2)} MB`)
  expect(grown).toBeLessThan(growthAtMost)
})

test('a download of 2 GB over HTTP/1.1', { timeout: 60_000 }, async ({ annotate }) => {
  const started = Date.now()
  const grown = await growth(async () => {
    const { request, answer } = overHttp1('GET', `/download?bytes=${gigabytes2}`)
    request.end()
    expect(await verified(await answer)).toBe(gigabytes2)
  })
  await annotate(`${Date.now() - started} ms, memory grew by ${Math.round(grown / 1024 ** 2)} MB`)
  expect(grown).toBeLessThan(growthAtMost)
})

test('half a gigabyte each way over HTTP/2', { timeout: 60_000 }, async ({ annotate }) => {
  const half = gigabytes2 / 4
  const session = http2.connect(files, { createConnection: () => tls.connect({ ...place(), ALPNProtocols: ['h2'] }) })
  const headers = { ':authority': new URL(files).host, cookie: erika.jar.header(new URL(files))! }
  const started = Date.now()
  try {
    const grown = await growth(async () => {
      const download = session.request({ ...headers, ':path': `/download?bytes=${half}` })
      expect(await verified(download)).toBe(half)
      const upload = session.request({ ...headers, ':method': 'POST', ':path': '/upload' }, { endStream: false })
      await pipeline(Source.from(flow(half)), upload, async (answer: AsyncIterable<Buffer>) => {
        let text = ''
        for await (const chunk of answer) text += String(chunk)
        expect(JSON.parse(text)).toEqual({ bytes: half })
      })
    })
    await annotate(`${Date.now() - started} ms, memory grew by ${Math.round(grown / 1024 ** 2)} MB`)
    expect(grown).toBeLessThan(growthAtMost)
  } finally {
    session.destroy()
  }
})

test('back-pressure: a client that stops reading stops the app, without memory growth', async ({ annotate }) => {
  const { request, answer } = overHttp1('GET', '/download?bytes=Infinity')
  request.end()
  const body = await answer
  await new Promise((resolve) => body.once('readable', resolve))
  const grown = await growth(() => new Promise((resolve) => setTimeout(resolve, 1_500)))
  await annotate(`memory grew by ${Math.round(grown / 1024 ** 2)} MB`)
  expect(grown).toBeLessThan(50 * 1024 ** 2)
  request.destroy()
  for (let waited = 0; stage.app.open() > 0; waited += 25) {
    if (waited > 2_000) throw new Error('the app still sends to a closed connection')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
})

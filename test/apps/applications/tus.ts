// tus: uploads that are interrupted and carried on, by tus-js-client in the browser and in Node.

import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { lookupLoopback } from '../loopback.ts'
import { load } from '../packages.ts'

interface TusServer {
  readonly Server: new (options: object) => {
    handle(request: http.IncomingMessage, response: http.ServerResponse): void
  }
}
interface TusStore {
  readonly FileStore: new (options: { directory: string }) => object
}
interface Upload {
  readonly url: string | null
  start(): void
  abort(): Promise<void>
}
interface TusClient {
  readonly Upload: new (content: Buffer, options: object) => Upload
  readonly DefaultHttpStack: new (options: object) => object
}

const size = 20 * 1024 * 1024

export const tus: Application = {
  name: 'tus',
  title: 'tus (@tus/server)',
  recipe: 'uploads.md',
  needs: ['chromium'],
  packages: { from: 'npm', names: ['@tus/server@2.4.5', '@tus/file-store@2.1.1', 'tus-js-client@4.3.1'] },
  async start(_host, folder, installed) {
    const { Server } = (await load(installed, '@tus/server')) as TusServer
    const { FileStore } = (await load(installed, '@tus/file-store')) as TusStore
    const script = await readFile(join(installed, 'node_modules/tus-js-client/dist/tus.min.js'))
    const directory = join(folder, 'files')
    await mkdir(directory)
    // It writes whole addresses, with the scheme in which it is asked.
    const tusServer = new Server({ path: '/files', datastore: new FileStore({ directory }) })
    const server = http.createServer((request, response) => {
      if (request.url?.startsWith('/files')) return tusServer.handle(request, response)
      const [type, content] =
        request.url === '/tus.js'
          ? ['text/javascript', script]
          : ['text/html', '<!doctype html><title>Upload</title><script src="/tus.js"></script>']
      return response.writeHead(200, { 'content-type': type }).end(content)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      shows: [byChromium(directory), byNode(installed, directory)],
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        }),
    }
  },
}

async function received(directory: string, url: string): Promise<void> {
  const there = (await stat(join(directory, new URL(url).pathname.split('/').at(-1)!))).size
  must(there === size, `${size} bytes at the server`, there)
}

function byChromium(directory: string): Show {
  return {
    client: 'Chromium (tus-js-client)',
    run: (ground) =>
      inChromium(ground, async (page) => {
        const seen: string[] = []
        page.on('request', (request) => seen.push(request.method()))
        await page.waitForFunction('globalThis.tus')
        // Interrupted after the first pieces, then carried on by another object that finds it in the browser's storage.
        const url = await page.evaluate(`(async () => {
          const file = new File([new Uint8Array(${size})], 'Maße #1.bin')
          const options = { endpoint: '/files', chunkSize: 4 * 1024 * 1024, retryDelays: null, metadata: { filename: file.name } }
          await new Promise((resolve, reject) => {
            const first = new tus.Upload(file, { ...options, onError: reject, onChunkComplete: (_size, sent) => {
              if (sent >= 8 * 1024 * 1024) void first.abort().then(resolve)
            } })
            first.start()
          })
          return new Promise((resolve, reject) => {
            const second = new tus.Upload(file, { ...options, onError: reject, onSuccess: () => resolve(second.url) })
            void second.findPreviousUploads().then(([previous]) => {
              if (!previous) return reject(new Error('no earlier upload is known'))
              second.resumeFromPreviousUpload(previous)
              second.start()
            })
          })
        })()`)
        must(String(url).startsWith(`${ground.origin}/files/`), 'a public Location', url)
        await received(directory, String(url))
        for (const method of ['POST', 'PATCH', 'HEAD']) must(seen.includes(method), method, seen)
        return '20 MB by POST and PATCH, interrupted, found by HEAD, carried on'
      }),
  }
}

function byNode(installed: string, directory: string): Show {
  return {
    client: 'tus-js-client (Node)',
    remark: 'The session’s cookie in `headers`',
    async run(ground) {
      const { Upload, DefaultHttpStack } = (await load(installed, 'tus-js-client')) as TusClient
      const [{ cookie }] = ground.people
      const httpStack = new DefaultHttpStack({ agent: agentFor(ground.ca.pem) })
      const common = { headers: { cookie }, httpStack, chunkSize: 4 * 1024 * 1024, retryDelays: null }
      const content = Buffer.alloc(size, 'x')
      const begun = await new Promise<string>((resolve, reject) => {
        const first: Upload = new Upload(content, {
          ...common,
          endpoint: `${ground.origin}/files`,
          onError: reject,
          onChunkComplete: (_size: number, sent: number) => {
            if (sent >= size / 2) void first.abort().then(() => resolve(first.url ?? ''))
          },
        })
        first.start()
      })
      must(begun.startsWith(`${ground.origin}/files/`), 'a public Location', begun)
      await new Promise<void>((resolve, reject) => {
        new Upload(content, { ...common, uploadUrl: begun, onError: reject, onSuccess: () => resolve() }).start()
      })
      await received(directory, begun)
      return '20 MB, interrupted and carried on at the Location given'
    },
  }
}

function agentFor(ca: string): https.Agent {
  return new https.Agent({ ca, keepAlive: true, lookup: lookupLoopback } as https.AgentOptions)
}

// Serves the page fixtures with their headers on loopback, as `/en/NAME` and `/de/NAME`, with the assets of a face.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assetAt } from '../../src/web/kit/assets.ts'
import type { Face } from '../../src/web/kit/face.ts'
import { file, type Reply } from '../../src/web/kit/reply.ts'
import { pageRequest, renderAllPages } from '../web/page-fixtures.ts'

export interface FixtureServer {
  readonly origin: string
  /** Without pages that lead elsewhere at once. */
  readonly names: readonly string[]
  stop(): Promise<void>
}

export async function serveFixtures(face: Face): Promise<FixtureServer> {
  const pages = { en: renderAllPages('en', face), de: renderAllPages('de', face) }
  const replyFor = (path: string): Reply | undefined => {
    const asset = assetAt(path) ?? face.assets.get(path)
    if (asset) return file(pageRequest(), asset)
    const [, language, name = ''] = path.split('/')
    return pages[language === 'de' ? 'de' : 'en'].get(name)
  }
  const server = createServer((request, response) => {
    const reply = replyFor(new URL(request.url!, 'http://localhost').pathname)
    if (!reply) return response.writeHead(404).end()
    for (let at = 0; at < reply.headers.length; at += 2) {
      const name = reply.headers[at]!
      // The pages are rendered for https; HSTS would only confuse the browser on loopback.
      if (name !== 'Strict-Transport-Security') response.appendHeader(name, reply.headers[at + 1]!)
    }
    return response.writeHead(reply.status).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    names: [...pages.en.keys()].filter((name) => !name.startsWith('onward') && name !== 'to-sign-out'),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

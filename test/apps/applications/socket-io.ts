// Socket.IO: long polling that changes to a WebSocket, in the browser and from a client that is no browser.

import https from 'node:https'
import type { Server as HttpServer } from 'node:http'
import { must, type Application, type Ground, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { lookupLoopback } from '../loopback.ts'
import { load } from '../packages.ts'
import { startStaticServer } from '../static-server.ts'

interface Socket {
  on(event: string, listener: (...values: string[]) => void): void
  emit(event: string, ...values: string[]): void
}

interface Client extends Socket {
  readonly io: Socket & { readonly engine: Socket & { readonly transport: { readonly name: string } } }
  once(event: string, listener: (...values: string[]) => void): void
  disconnect(): void
}

interface SocketIo {
  readonly Server: new (
    server: HttpServer,
  ) => Socket & { emit(event: string, ...values: string[]): void; close(): void }
}

const page = `<!doctype html><title>Chat</title><ul></ul>
<script src="/socket.io/socket.io.js"></script>
<script>
  const socket = io()
  const opened = new Promise((resolve) => socket.io.on('open', () => resolve(socket.io.engine)))
  const begun = opened.then((engine) => engine.transport.name)
  const upgraded = opened.then((engine) => new Promise((resolve) => engine.on('upgrade', (transport) => resolve(transport.name))))
  const said = new Promise((resolve) => socket.on('said', resolve))
</script>`

export const socketIo: Application = {
  name: 'socketio',
  title: 'Socket.IO',
  recipe: 'real-time.md',
  needs: ['chromium'],
  packages: { from: 'npm', names: ['socket.io@4.8.4', 'socket.io-client@4.8.4'] },
  async start(_host, _folder, installed) {
    const { Server } = (await load(installed, 'socket.io')) as SocketIo
    const pages = await startStaticServer({ '/': ['text/html', page] })
    const io = new Server(pages.server)
    io.on('connection', (...[socket]: unknown[]) => {
      const one = socket as Socket
      one.on('say', (text) => io.emit('said', text))
    })
    return {
      origin: pages.origin,
      settings: { websocket_origins: ['none'] },
      shows: [byChromium, byNode(installed)],
      async stop() {
        io.close()
        await pages.stop()
      },
    }
  },
}

const byChromium: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(ground, async (tab) => {
      const begun = await tab.evaluate('begun')
      const upgraded = await tab.evaluate('upgraded')
      must(begun === 'polling' && upgraded === 'websocket', 'polling, then websocket', `${begun}, ${upgraded}`)
      const said = await tab.evaluate(`socket.emit('say', 'Grüße'), said`)
      must(said === 'Grüße', 'Grüße', said)
      return 'connected by long polling, changed to a WebSocket, message sent and received'
    }),
}

function byNode(installed: string): Show {
  return {
    client: 'socket.io-client (Node)',
    remark: '`websocket_origins: [none]`, and the session’s cookie in `extraHeaders`',
    async run(ground) {
      const { io } = (await load(installed, 'socket.io-client')) as { io: (url: string, options: object) => Client }
      const client = io(ground.origin, connection(ground))
      try {
        const said = await new Promise<string>((resolve, reject) => {
          client.on('connect_error', (error) => reject(error as unknown as Error))
          client.on('said', resolve)
          client.io.on('open', () => client.io.engine.on('upgrade', () => client.emit('say', 'from Node')))
          setTimeout(() => reject(new Error('no upgrade and answer within 20 s')), 20_000).unref()
        })
        const transport = client.io.engine.transport.name
        must(said === 'from Node' && transport === 'websocket', 'the message by websocket', `${said}, ${transport}`)
        return 'long polling, then a WebSocket without Origin, message sent and received'
      } finally {
        client.disconnect()
      }
    },
  }
}

function connection({ people: [{ cookie }], ca }: Ground): object {
  const agent = new https.Agent({ ca: ca.pem, lookup: lookupLoopback } as https.AgentOptions)
  return { extraHeaders: { cookie }, agent, ca: ca.pem, forceNew: true, reconnection: false }
}

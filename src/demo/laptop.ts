// Front of the demo: the company laptop, whose agent signs each request, and a browser of its own for each person.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isLoopback } from '../net/loopback.ts'
import { forward, forwardUpgrade, type Forwarding } from './front/forward.ts'
import type { Hands } from './front/hands.ts'
import { createTraffic, type Traffic } from './front/traffic.ts'
import { createWorlds, type World } from './front/worlds.ts'
import { languageOf, texts, type Language } from '../web/kit/language.ts'
import { listen } from './listen.ts'
import { signedPosture, type LaptopState } from './laptop-agent.ts'
import { markup, page, pageHeaders } from './page.ts'

export interface Laptop {
  readonly port: number
  /** What the people do through it. */
  readonly traffic: Traffic
  encrypted(): boolean
  /** Turns disk encryption on or off. */
  setEncrypted(encrypted: boolean): void
  /** Address of `address` in the browser of a person. */
  addressFor(person: string, address: string): string
  stop(): Promise<void>
}

export interface FrontPerson extends Hands {
  /** Works on the company laptop. */
  readonly laptop: boolean
}

export interface LaptopOptions {
  readonly port: number
  readonly gatewayPort: number
  /** Ports of the identity providers by the first label of their host, so that sign-in also goes through the laptop. */
  readonly providers: Readonly<Record<string, number>>
  /** Key of `X-Device-Signature`. */
  readonly secret: string
  /** By user name: at `NAME.PERSON.demo.localhost` each has the applications in a browser of their own. */
  readonly people?: Readonly<Record<string, FrontPerson>>
  readonly now: () => number
}

/** Rejects with the error of `listen` (`EADDRINUSE`) if the port is in use. */
export async function startLaptop({
  port: wanted,
  gatewayPort,
  providers,
  secret,
  people = {},
  now,
}: LaptopOptions): Promise<Laptop> {
  let state: LaptopState = { deviceId: 'laptop-0815', managed: true, encrypted: true }
  const traffic = createTraffic(now)
  const gateway = `http://access.localhost:${gatewayPort}`
  const stage = `http://demo.localhost:${gatewayPort}`
  const server = createServer((request, response) => {
    const name = hostnameOf(request)
    response.on('error', () => response.destroy())
    if (!isLoopback(name)) return void response.writeHead(421, { connection: 'close' }).end()
    const world = name === 'laptop.localhost' ? undefined : worlds.at(name)
    if (world === undefined) return control(request, response)
    forward(request, response, forwarding(world))
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const world = isLoopback(hostnameOf(request)) ? worlds.at(hostnameOf(request)) : undefined
    if (world === undefined) return void socket.end('HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\n\r\n')
    forwardUpgrade(request, socket, head, forwarding(world))
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listen(server, wanted)
  const worlds = createWorlds({ port, gatewayPort, providers, people: Object.keys(people) })

  function forwarding(world: World): Forwarding {
    const person = world.person === undefined ? undefined : people[world.person]
    const onLaptop = person?.laptop ?? true
    return {
      world,
      gateway,
      stage,
      traffic,
      hands: person,
      // Posture for the gateway only, which has the key; the person for the providers only, which type for them.
      added: (request) =>
        world.port !== gatewayPort
          ? world.person === undefined
            ? []
            : ['X-Demo-Person', world.person]
          : onLaptop
            ? signedPosture(state, request, secret, now())
            : [],
    }
  }

  function control(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    if (request.method === 'POST') {
      // CSRF check: a cross-site page must not change the state.
      const site = request.headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return void response.writeHead(403).end()
      state = { ...state, encrypted: !state.encrypted }
      return void response.writeHead(303, { location: '/' }).end()
    }
    const language = languageOf(request.headers['accept-language'])
    response.writeHead(200, pageHeaders).end(drawControl(state, `http://servers.localhost:${port}/`, language))
  }

  return {
    port,
    traffic,
    encrypted: () => state.encrypted,
    setEncrypted: (encrypted) => void (state = { ...state, encrypted }),
    addressFor: (person, address) => worlds.of(person, address),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function hostnameOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
}

const words = texts({
  en: {
    title: 'The company laptop',
    about:
      'Through this port your browser acts as the device {}: its agent adds signed X-Device-* fields to each request.',
    managed: 'Managed by the company',
    yes: 'yes',
    encryption: 'Disk encryption',
    state: { on: 'on', off: 'off' },
    turn: { on: 'Turn disk encryption on', off: 'Turn disk encryption off' },
    open: 'Open the servers from this laptop',
  },
  de: {
    title: 'Der Firmenlaptop',
    about:
      'Über diesen Port ist Ihr Browser das Gerät {}: Sein Agent fügt jeder Anfrage signierte X-Device-*-Felder hinzu.',
    managed: 'Von der Firma verwaltet',
    yes: 'ja',
    encryption: 'Festplattenverschlüsselung',
    state: { on: 'ein', off: 'aus' },
    turn: { on: 'Verschlüsselung einschalten', off: 'Verschlüsselung ausschalten' },
    open: 'Server von diesem Laptop aus öffnen',
  },
})

function drawControl(state: LaptopState, servers: string, language: Language): string {
  const say = words[language]
  const now = state.encrypted ? 'on' : 'off'
  const [before, after] = say.about.split('{}')
  return page({
    title: say.title,
    brand: say.title,
    language,
    hue: 205,
    narrow: true,
    body: markup`<h1>${say.title}</h1>
<p>${before}<code>${state.deviceId}</code>${after}</p>
<section class="card"><table>
<tr><th>${say.managed}</th><td>${say.yes}</td></tr>
<tr><th>${say.encryption}</th><td class="${state.encrypted ? 'good' : 'wrong'}">${say.state[now]}</td></tr>
</table>
<form method="post" action="/"><button class="quiet">${say.turn[state.encrypted ? 'off' : 'on']}</button></form></section>
<p><a class="button" href="${servers}">${say.open}</a></p>`,
  })
}

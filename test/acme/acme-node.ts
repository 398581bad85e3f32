// A node that orders from a real authority: store, change feed, `gateway.acme`, and the listeners its challenges come to.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { createAcme, type Acme } from '../../src/acme/open.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { AcmeSettings } from '../../src/config/acme-settings.ts'
import { createListener } from '../../src/http/server/listener.ts'
import { sendReply } from '../../src/gateway/send-reply.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { defaultLimits } from '../support/default-limits.ts'
import type { Pebble } from '../support/pebble.ts'

export interface AcmeNode {
  readonly acme: Acme
  readonly events: AuditEvent[]
  readonly port: number
  /** In place of the settings so far. */
  change(settings: Partial<AcmeSettings>): void
  stop(): Promise<void>
}

export interface AcmeNodeOptions {
  readonly pebble: Pick<Pebble, 'directory' | 'ca' | 'tlsPort' | 'httpPort'>
  readonly store: Store
  readonly key: Buffer
  readonly names: readonly string[]
  readonly now?: () => number
  readonly settings?: Partial<AcmeSettings>
  /** Port of the listener with TLS. Default: that of the authority. */
  readonly port?: number
}

const log = createLogger({ level: 'silent' })

export async function acmeNode(options: AcmeNodeOptions): Promise<AcmeNode> {
  const { pebble, store, key, names, now = Date.now } = options
  let settings: AcmeSettings = {
    email: 'it@example.com',
    directory: pebble.directory,
    eab: undefined,
    ca: readFileSync(pebble.ca, 'utf8'),
    challenges: ['tls-alpn-01'],
    names,
    ...options.settings,
  }
  const events: AuditEvent[] = []
  const changes = createChangeFeed({ store, now })
  const acme = createAcme({
    settings: () => settings,
    store,
    seal: createSeal([key]),
    changes,
    record: (event) => void events.push(event),
    log,
    now,
    env: {},
    userAgent: 'einlass/test',
  })
  await acme.load()
  const shared = {
    limits: { ...defaultLimits, connectionsPerAddress: 10_000 },
    now,
    log,
    proxies: () => false,
    throttled() {},
  }
  const tls = { certificates: [], clientCa: undefined, http2: true, issued: true }
  // Several nodes listen on the port of the authority: any of them must know the answer.
  const listener = await createListener(
    { host: '127.0.0.1', port: options.port ?? pebble.tlsPort, tls },
    {
      ...shared,
      shared: { socket: undefined },
      issued: acme.issued,
      handle: ({ response }) => sendReply(response, { status: 200, headers: [], body: 'seen' }),
    },
  )
  return {
    acme,
    events,
    port: listener.port,
    change: (more) => void (settings = { ...settings, ...more }),
    async stop() {
      await acme.stop()
      await listener.close(0)
      await changes.stop()
    },
  }
}

/** Certificate that a client is shown for a host; undefined: the handshake was refused. */
export async function shownFor(port: number, servername: string): Promise<X509Certificate | undefined> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerX509Certificate()
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

// OpenID Connect provider of the demo: `oidc-provider` with real endpoints and in-memory storage.

import type { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AllClientMetadata } from 'oidc-provider'
import { Agent } from 'undici'
import { Provider } from '../library.ts'
import { listen } from '../listen.ts'
import { isLoopback, lookupWithLoopback } from '../../net/loopback.ts'
import { pageHeaders } from '../page.ts'
import { createDirectory, type Person } from '../people.ts'
import { configure } from './configuration.ts'
import { createInteraction } from './interaction.ts'
import { createMemory } from './memory.ts'
import * as pages from './pages.ts'
import { words } from './words.ts'
import { languageOf } from '../../web/kit/language.ts'

export interface DemoClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  /** Receives a logout token when a session ends; ID tokens then contain `sid`. */
  readonly backchannelLogoutUri?: string
}

export interface ProviderOptions {
  /** 0: any. */
  readonly port: number
  readonly host?: string
  /** Default `http://HOST:PORT`. A port of 0 is replaced by the bound port. */
  readonly issuer?: string
  readonly people: readonly Person[]
  readonly clients: readonly DemoClient[]
  readonly title?: string
  /** CSS hue, 0 to 360. */
  readonly hue?: number
  /** Clock of `auth_time` and one-time codes, epoch milliseconds. Token lifetimes use the system clock. */
  readonly now?: () => number
  /** User name of the person for whom the pages of a request fill and submit themselves; default: nobody. */
  readonly typesFor?: (request: IncomingMessage) => string | undefined
  /** Receives unexpected errors; default: ignored. */
  readonly onError?: (error: Error) => void
}

export interface DemoProvider {
  readonly issuer: string
  readonly port: number
  /** Number of token requests, including rejected ones. */
  tokenRequests(): number
  /** Adds or replaces a client, for relying parties that learn their port after the provider's start. */
  register(client: DemoClient): Promise<void>
  setGroups(username: string, groups: readonly string[]): void
  /** Changes the claim `zoneinfo`, from the next sign-in on. */
  setTimeZone(username: string, zoneInfo: string | undefined): void
  /** Rejects further sign-ins, and refreshes with `invalid_grant`. */
  disable(username: string): void
  enable(username: string): void
  /** Ends the user's sessions and sends back-channel logout tokens; resolves when all clients have responded. */
  endSessions(username: string): Promise<{ readonly notified: number; readonly failed: number }>
  stop(): Promise<void>
}

/** Rejects with the error of `listen` (`EADDRINUSE`) if the port is in use. */
export async function startProvider(options: ProviderOptions): Promise<DemoProvider> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer()
  const port = await listen(server, options.port, host)
  const issuer = (options.issuer ?? `http://${host}:0`).replace(/:0$/, `:${port}`)
  const brand = { title: options.title ?? 'Demo sign-in', hue: options.hue ?? 222 }
  const directory = createDirectory(options.people)
  const memory = createMemory()
  const agent = new Agent({ connect: { lookup: lookupWithLoopback } })
  const now = options.now ?? Date.now
  const report = options.onError ?? (() => undefined)
  let tokenRequests = 0

  const provider = new Provider(issuer, configure({ directory, memory, agent, brand }))
  provider.on('server_error', (_context, error) => report(error))
  // Without a listener, Koa prints errors.
  const koa: EventEmitter = provider
  koa.on('error', (error: Error) => report(error))
  const interact = createInteraction({
    provider,
    directory,
    brand,
    now,
    typesFor: options.typesFor ?? (() => undefined),
  })
  const answer = provider.callback()
  for (const client of options.clients) await register(client)

  server.on('request', (request, response) => {
    // DNS rebinding: any page can reach loopback through the browser, but then Host is a foreign name.
    if (!isLoopback((request.headers.host ?? '').replace(/:\d+$/, ''))) return refuse(response, 421)
    if (request.url?.startsWith('/interaction/')) {
      interact(request, response).catch((error: Error) => explain(request, response, error))
      return
    }
    if (request.method === 'POST' && request.url === '/token') tokenRequests += 1
    void answer(request, response)
  })
  server.on('clientError', (_error, socket) => socket.destroy())

  function explain(request: IncomingMessage, response: ServerResponse, error: Error): void {
    if (response.headersSent) return void response.destroy()
    const gone = error.name === 'SessionNotFound'
    if (!gone) report(error)
    const language = languageOf(request.headers['accept-language'])
    const say = words[language]
    const text = gone ? say.expiredAbout : say.tryAgain
    response.writeHead(gone ? 400 : 500, pageHeaders).end(pages.message({ brand, language }, say.expired, text))
  }

  async function register(client: DemoClient): Promise<void> {
    await memory.adapter('Client').upsert(client.clientId, metadata(client), 0)
  }

  async function endSessions(username: string): Promise<{ notified: number; failed: number }> {
    const sub = directory.byUsername(username)?.sub
    if (sub === undefined) throw new Error(`unknown user ${username}`)
    const notifications: Promise<void>[] = []
    for (const session of memory.records('Session').filter((record) => record.accountId === sub)) {
      for (const [clientId, authorization] of Object.entries(session.authorizations ?? {})) {
        const client = (await provider.Client.find(clientId)) as NotifiedClient | undefined
        if (client?.backchannelLogoutUri) notifications.push(client.backchannelLogout(sub, authorization.sid))
        if (authorization.grantId) memory.revokeGrant(authorization.grantId)
      }
      await memory.adapter('Session').destroy(session.jti!)
    }
    const results = await Promise.allSettled(notifications)
    const failed = results.filter((result) => result.status === 'rejected')
    for (const { reason } of failed) report(reason as Error)
    return { notified: results.length - failed.length, failed: failed.length }
  }

  return {
    issuer,
    port,
    tokenRequests: () => tokenRequests,
    register,
    setGroups: (username, groups) => void directory.change(username, { groups }),
    setTimeZone: (username, zoneInfo) => void directory.change(username, { zoneInfo }),
    disable: (username) => void directory.change(username, { disabled: true }),
    enable: (username) => void directory.change(username, { disabled: false }),
    endSessions,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, agent.close()])
    },
  }
}

/** The method exists in the library; its published types omit it. */
type NotifiedClient = { backchannelLogoutUri?: string; backchannelLogout(sub: string, sid?: string): Promise<void> }

function metadata(client: DemoClient): AllClientMetadata {
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...(client.postLogoutRedirectUris ?? [])],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    ...(client.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end()
}

// OpenID Provider inside a company (`oidc-provider`): a private CA, client certificates on a port of their own, a plain inner address.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Provider, type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider'
import { request, type Dispatcher } from 'undici'
import type { TestCertificate } from './certificates.ts'

export interface CompanyProvider {
  readonly issuer: string
  /** Ports of its three addresses: TLS, TLS that asks for client certificates, plain HTTP. */
  readonly ports: { readonly tls: number; readonly mtls: number; readonly plain: number }
  /** Client of each token request that was answered with tokens, how it authenticated, and the `CN` of the certificate shown. */
  readonly granted: { readonly client: string; readonly method: string; readonly certificate: string | undefined }[]
  /** Requests, as `port path`: `tls /token`. */
  readonly hits: string[]
  /** Acts as the browser; returns the query of the callback. `as`: how it reaches the provider. */
  visit(location: string, as: Dispatcher): Promise<string>
  stop(): Promise<void>
}

export interface CompanyProviderOptions {
  /** Names `localhost`, and the host of `issuer`. */
  readonly certificate: TestCertificate
  /** Accepted from clients. */
  readonly clientCa: string
  /** Default `https://localhost:PORT`. */
  readonly issuer?: string
  readonly clients: readonly ClientMetadata[]
}

export async function startCompanyProvider(options: CompanyProviderOptions): Promise<CompanyProvider> {
  const { certificate, clientCa } = options
  const tls = { cert: certificate.pem, key: readFileSync(certificate.key) }
  const servers = {
    tls: https.createServer(tls),
    mtls: https.createServer({ ...tls, ca: clientCa, requestCert: true, rejectUnauthorized: false }),
    plain: http.createServer(),
  }
  const ports = { tls: await listen(servers.tls), mtls: await listen(servers.mtls), plain: await listen(servers.plain) }
  const issuer = options.issuer ?? `https://localhost:${ports.tls}`
  const provider = new Provider(issuer, {
    clients: [...options.clients],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims: { openid: ['sub'], groups: ['groups'] },
    conformIdTokenClaims: false,
    discovery: {
      mtls_endpoint_aliases: { token_endpoint: `https://localhost:${ports.mtls}/token` },
    },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: (context: KoaContextWithOIDC) => peerCertificate(context.req)?.toString() as string,
        certificateAuthorized: (context: KoaContextWithOIDC) => (context.socket as TLSSocket).authorized,
        certificateSubjectMatches: (context: KoaContextWithOIDC, _property: string, expected: string) =>
          peerCertificate(context.req)?.checkHost(expected) !== undefined,
      },
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, groups: ['staff'] }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId! })
      grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
      await grant.save()
      return grant
    },
    issueRefreshToken: async () => true,
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  })
  const granted: CompanyProvider['granted'][number][] = []
  provider.on('grant.success', (context) => {
    const certificate = peerCertificate(context.req)?.subject
    const { clientId } = context.oidc.client!
    granted.push({ client: clientId, method: methodOf(context), certificate: certificate?.replace('CN=', '') })
  })
  const hits: string[] = []
  const answer = provider.callback()
  for (const [name, server] of Object.entries(servers)) {
    server.on('request', (incoming: http.IncomingMessage, response: http.ServerResponse) => {
      hits.push(`${name} ${incoming.url!.replace(/\?.*/, '')}`)
      if (!incoming.url!.startsWith('/interaction/')) return void answer(incoming, response)
      provider.interactionFinished(incoming, response, { login: { accountId: 'ada' } }).catch(() => response.destroy())
    })
  }
  return {
    issuer,
    ports,
    granted,
    hits,
    async visit(location, dispatcher) {
      const jar = new Map<string, string>()
      let url = new URL(location)
      for (let step = 0; step < 10; step += 1) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const { statusCode, headers, body } = await request(url, { dispatcher, headers: { cookie } })
        const text = await body.text()
        for (const line of [headers['set-cookie'] ?? []].flat()) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
          jar.set(name!, value!)
        }
        if (headers.location === undefined) throw new Error(`the provider answered ${statusCode}: ${text}`)
        url = new URL(String(headers.location), url)
        if (url.pathname.startsWith('/callback/')) return url.search
      }
      throw new Error('the provider did not redirect back')
    },
    async stop() {
      for (const server of Object.values(servers)) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

/** As it was sent: the library accepts a secret in the header or in the form, whatever the client is registered for. */
function methodOf({ req, oidc }: KoaContextWithOIDC): string {
  if (req.headers.authorization?.startsWith('Basic ')) return 'client_secret_basic'
  const form = oidc.body ?? {}
  if ('client_secret' in form) return 'client_secret_post'
  return 'client_assertion' in form ? 'private_key_jwt' : 'tls_client_auth'
}

function peerCertificate(incoming: http.IncomingMessage) {
  const { socket } = incoming
  return 'getPeerX509Certificate' in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

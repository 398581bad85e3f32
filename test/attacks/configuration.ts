// Configuration of the gateway under attack: one app per feature that could be attacked.

import { http1Backend } from '../support/http1-backend.ts'

export type Json = Record<string, unknown>

/** A domain below `localhost`, so that hosts share a parent domain as in a company. */
export const domain = 'company.localhost'

/** Shown on configured hosts only. */
export const organisationName = 'The Company Itself'

/** A secret that the gateway sends to the app `legacy`. */
export const apiKey = 'the key of the app legacy'

export interface Given {
  readonly port: number
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly provider: { readonly issuer: string; readonly clientId: string }
  readonly upstream: string
  readonly odd: string
  readonly grpc: string
  readonly store: string
  readonly limits: Json
}

export function configurationFor(given: Given): Json {
  const url = (name: string): string => `https://${name}.${domain}:${given.port}`
  const staff = [{ allow: { groups: ['staff'] } }]
  const app = (name: string, more: Json = {}): Json => ({
    from: url(name),
    to: given.upstream,
    policy: staff,
    ...more,
  })
  return {
    gateway: {
      url: url('access'),
      tls: { cert: given.certificate.cert, key: given.certificate.key },
      operations: false,
      http1: http1Backend,
      trusted_proxies: ['127.0.0.33/32'],
      secret_key: 'file:secret.key',
    },
    organisation: { name: organisationName, accent: '#b3261e', support: { mail: 'help@corp.test' } },
    store: given.store,
    identity: {
      providers: {
        corp: {
          issuer: given.provider.issuer,
          client_id: given.provider.clientId,
          client_secret: 'file:client.secret',
          mfa: { amr_any: ['mfa', 'otp'], acr_any: ['urn:two'] },
          step_up: { acr_values: ['urn:two'], essential: true },
        },
      },
    },
    session: { revalidate: '30m' },
    devices: {
      sources: [
        { kind: 'trusted_header', name: 'agent', networks: ['127.0.0.2/32'], secret: 'file:device.secret' },
        { kind: 'signed_jwt', name: 'token', keys: 'keys.json' },
      ],
      postures: { laptop: { managed: true, disk_encrypted: true, max_age: '5m' } },
    },
    networks: { office: ['127.0.0.77/32'], front: ['127.0.0.33/32'], guests: ['203.0.113.0/24'] },
    apps: {
      wiki: app('wiki', {
        trusted_origins: [url('shop')],
        cross_site_posts: ['/saml/acs'],
        policy: [{ deny: { paths: ['/admin/*'] } }, { allow: { groups: ['staff'] } }],
        public: [
          { paths: ['/public/*'], methods: ['GET'] },
          { paths: ['/health'], methods: ['POST'] },
        ],
      }),
      spread: app('spread', { from: [url('spread'), url('spread-api')] }),
      erp: app('erp', { headers: { groups: 'all' } }),
      // The connections of raw attacks are for the host of the wiki, which is another app.
      files: app('files', {
        from: [url('files'), `${url('wiki')}/dav`],
        methods: 'webdav',
        policy: [{ deny: { paths: ['/dav/admin/*'] } }, { allow: { groups: ['staff'] } }],
      }),
      odd: app('odd', { to: given.odd, embeds: ['wiki'] }),
      grpc: app('grpc', {
        to: given.grpc,
        policy: [{ deny: { paths: ['/admin/*'] } }, { allow: { groups: ['staff'] } }],
      }),
      vault: app('vault', { require: { mfa: { max_age: '10m' } } }),
      books: app('books', {
        title: '<img src=x onerror=alert(1)>',
        policy: [{ deny: { groups: ['staff'] } }, { allow: { groups: ['staff'] } }],
      }),
      reading: app('reading', { policy: [{ allow: { groups: ['staff'], actions: ['read'] } }] }),
      mail: app('mail', { policy: [{ allow: { users: ['admin@corp.test'] } }] }),
      colleagues: app('colleagues', { policy: [{ allow: { domains: ['corp.test'] } }] }),
      bosses: app('bosses', { policy: [{ allow: { groups: ['admin'] } }] }),
      employees: app('employees', { policy: [{ deny: { groups: ['contractors'] } }, { allow: {} }] }),
      fresh: app('fresh', { session: { revalidate: '2s' } }),
      watched: app('watched', { session: { revalidate: '1s' } }),
      brief: app('brief', { session: { idle: '2s' } }),
      hourly: app('hourly', { session: { lifetime: '3s', idle: '3s' } }),
      press: app('press', {
        policy: [{ allow: { grant: 'required' } }],
        emergency: { codes: true, reviewers: { groups: ['staff'] } },
      }),
      inside: app('inside', {
        policy: [{ deny: { claims: { contractor: ['true'] } } }, { allow: { groups: ['staff'] } }],
      }),
      nosales: app('nosales', { policy: [{ allow: { groups: ['staff'], not: { claims: { dept: ['sales'] } } } }] }),
      noguild: app('noguild', { policy: [{ deny: { groups: ['guild'] } }, { allow: {} }] }),
      declared: app('declared', {
        policy: [
          { deny: { claims: { contractor: { values: ['true'], absent: 'unmet' } } } },
          { allow: { groups: ['staff'] } },
        ],
      }),
      tickets: app('tickets', {
        policy: [{ allow: { grant: 'required' } }],
        requests: {
          eligible: { groups: ['staff'] },
          approvers: { users: ['boss@corp.test'] },
          max_duration: '4h',
          ticket: { pattern: '([A-Z]+-?)+[0-9]' },
        },
      }),
      // Three apps on one host by path; two of them have a host of their own as well, where users sign in.
      campus: app('campus'),
      lectures: app('lectures', { from: [`${url('campus')}/lectures`, url('lectures')], to: `${given.odd}/doku` }),
      grades: app('grades', {
        from: [`${url('campus')}/grades`, url('grades')],
        to: `${given.upstream}/secret-grades`,
        policy: [{ allow: { groups: ['admin'] } }],
      }),
      office: app('office', { require: { networks: ['office'] } }),
      front: app('front', { require: { networks: ['front'] } }),
      noguests: app('noguests', { policy: [{ deny: { networks: ['guests'] } }, ...staff] }),
      laptop: app('laptop', { require: { device: 'laptop' } }),
      legacy: app('legacy', {
        headers: {
          identity: {
            'X-Webauth-User': 'email',
            'X-Legacy-User': 'preferred_username',
            'X-Legacy-Groups': 'groups',
          },
          set: { 'X-Legacy-Key': 'file:api.key' },
          authorization: { basic: { user: 'svc', password: 'file:api.key' } },
        },
        limits: { upload: '4KB', headers: '64KB' },
      }),
    },
    limits: {
      // All attacks come from one address; the cases about limits lower them again.
      sign_ins_per_minute: 100_000,
      body_idle_timeout: '5s',
      header_timeout: '5s',
      upstream_header_timeout: '4s',
      ...given.limits,
    },
  }
}

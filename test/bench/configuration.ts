// Configuration of the gateway in the bench: all features enabled, as in production.

export interface Facts {
  readonly origin: string
  readonly port: number
  readonly upstream: number
  readonly issuer: string
  readonly client: string
  readonly redis: string
  readonly operations: number
  /** Certificate files; without: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  /** Further keys of `gateway`, such as `http1` and `workers`. */
  readonly gateway: Readonly<Record<string, unknown>>
  /** Default: the default of the installed version. */
  readonly session?: Readonly<Record<string, unknown>> | undefined
  /** Names of the apps; each has the same twenty rules. The name is the first part of the host. */
  readonly apps: readonly string[]
}

/** An object of the form of the configuration file (JSON is YAML); `secret.key` and `devices.json` lie beside it. */
export function configuration(facts: Facts): object {
  const host = (name: string): string => `${facts.tls ? 'https' : 'http'}://${name}.localhost:${facts.port}`
  return {
    gateway: {
      url: facts.origin,
      listen: [{ address: `127.0.0.1:${facts.port}` }],
      operations: `127.0.0.1:${facts.operations}`,
      admin_socket: 'admin.sock',
      secret_key: 'file:secret.key',
      ...(facts.tls && { tls: facts.tls }),
      ...facts.gateway,
    },
    store: facts.redis,
    ...(facts.session && { session: facts.session }),
    identity: {
      issuer: facts.issuer,
      client_id: facts.client,
      client_secret: 'env:OIDC_CLIENT_SECRET',
      scopes: ['openid', 'profile', 'email', 'groups'],
      mfa: { acr_any: ['urn:einlass:demo:2'] },
      step_up: { essential: true },
    },
    networks: { office: ['127.0.0.0/8'], vpn: ['10.0.0.0/8'] },
    schedules: {
      always: {
        days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
        from: '00:00',
        to: '24:00',
        tz: 'Europe/Berlin',
      },
    },
    roles: { finance: { groups: ['finance'] } },
    devices: {
      sources: [{ kind: 'signed_jwt', keys: 'devices.json' }],
      postures: {
        company_laptop: {
          managed: true,
          disk_encrypted: true,
          firewall: true,
          os: { windows: '10.0.22631' },
          max_age: '24h',
        },
      },
    },
    baseline: { mfa: true },
    apps: Object.fromEntries(
      facts.apps.map((name) => [
        name,
        {
          from: host(name),
          to: `http://127.0.0.1:${facts.upstream}`,
          require: { device: 'company_laptop', networks: ['office', 'vpn'] },
          policy: rules,
        },
      ]),
    ),
    audit: { file: { path: 'audit.jsonl', rotate: '100MB', keep: 2 } },
    // All users share one address: limits per address must not be what is measured.
    limits: {
      connections: 100_000,
      connections_per_address: 100_000,
      sign_ins_per_minute: 100_000,
      requests_per_person: 100_000,
      websockets_per_person: 100_000,
    },
  }
}

/** Twenty rules: seventeen for other groups, and three for the user's. */
const rules = [
  ...Array.from({ length: 17 }, (_, at) => ({
    name: `rule ${at + 1}`,
    [at % 4 === 0 ? 'deny' : 'allow']: { groups: [`group-${at + 20}`], paths: [`/area-${at}/*`] },
  })),
  { name: 'no contractors', deny: { groups: ['contractors'] } },
  { name: 'finance at all times', allow: { roles: ['finance'], schedule: 'always' } },
  { name: 'the rest reads', allow: { groups: ['staff'], actions: ['read'] } },
]

// Writes the configuration file of the demo: an ordinary file that can be read, changed and checked.

import type { AppName } from './apps/names.ts'

export interface DemoPorts {
  readonly gateway: number
  readonly company: number
  readonly partner: number
  readonly laptop: number
  readonly operations: number
}

export interface DemoPlan {
  readonly ports: DemoPorts
  /** Upstream origins of the apps. */
  readonly upstreams: Readonly<Record<AppName, string>>
  /** Upstream origin of the page with the scenes. */
  readonly scenes: string
  /** Epoch milliseconds at which the technician's grant ends. */
  readonly grantUntil: number
  /** Interval of session revalidation at the providers, as a duration: `30s`. */
  readonly revalidate: string
}

/** Public URLs of all parts of the demo. */
export function demoAddresses(ports: DemoPorts) {
  const at = (name: string, port = ports.gateway) => `http://${name}.localhost:${port}`
  return {
    /** The page with the scenes. */
    stage: at('demo'),
    gateway: at('access'),
    company: at('login', ports.company),
    partner: at('partner', ports.partner),
    laptop: at('laptop', ports.laptop),
    apps: { wiki: at('wiki'), payroll: at('payroll'), machines: at('machines'), servers: at('servers') },
  } as const
}

/** YAML. The secret files it refers to (`company.secret`, `partner.secret`, `device.secret`) are in the same folder. */
export function demoConfiguration({ ports, upstreams, scenes, grantUntil, revalidate }: DemoPlan): string {
  const { stage, gateway, company, partner, apps } = demoAddresses(ports)
  return `# Configuration of "einlass demo". Change and save it: a valid file is applied immediately, an invalid one is ignored.
# All keys are described in docs/reference/configuration.md.

gateway:
  url: ${gateway}
  operations: 127.0.0.1:${ports.operations}
  admin_socket: admin.sock

store: "memory:"

identity:
  providers:
    company:
      title: Muster GmbH
      issuer: ${company}
      client_id: einlass
      client_secret: file:company.secret
      scopes: [openid, profile, email, groups]
      domains: [example.com]
      mfa: { acr_any: ["urn:einlass:demo:2"] }
      phishing_resistant: { amr_any: [hwk] }
      step_up: { essential: true }
    partner:
      title: Partner AG
      issuer: ${partner}
      client_id: einlass
      client_secret: file:partner.secret
      scopes: [openid, profile, email, groups]
      domains: [partner.example]
      external: true
      mfa: { acr_any: ["urn:einlass:demo:2"] }
      step_up: { essential: true }

session: { revalidate: ${revalidate}, lease: 30s }

devices:
  sources:
    # The agent on the company laptop signs its headers; unsigned headers are ignored.
    - { kind: trusted_header, name: laptop_agent, networks: [127.0.0.1/32], secret: file:device.secret }
  postures:
    company_laptop: { managed: true, disk_encrypted: true, max_age: 5m }

schedules:
  # The afternoon of the last working day of each month.
  payday: { rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", from: "13:00", duration: 4h, tz: Europe/Berlin }

# Erika and Vera review who has access: /admin/external and /admin/reviews. A review is signed with a second factor, which
# Vera has.
roles:
  reviewers: { users: [erika@example.com, vera@example.com] }
console: { roles: { admin: reviewers } }

apps:
  wiki:
    from: ${apps.wiki}
    to: ${upstreams.wiki}
    title: Wiki
    owner: wiki@example.com
    sensitivity: low
    policy:
      - { name: the whole staff, allow: { groups: [staff], providers: [company] } }

  payroll:
    from: ${apps.payroll}
    to: ${upstreams.payroll}
    title: Payroll
    owner: finance@example.com
    sensitivity: high
    require: { mfa: true }
    policy:
      - { name: payday, allow: { groups: [finance], providers: [company], schedule: payday } }
      - { name: finance reads, allow: { groups: [finance], providers: [company], actions: [read] } }

  machines:
    from: ${apps.machines}
    to: ${upstreams.machines}
    title: Machines
    owner: erika@example.com
    policy:
      - { name: production, allow: { groups: [production], providers: [company] } }
      - { name: for a while, allow: { grant: required } }
    # The access denied page offers a request, which Erika or Thomas decide. In an emergency, IT gets in without waiting,
    # which raises an alarm.
    requests:
      eligible: { groups: [technicians, staff] }
      approvers: { users: [erika@example.com, thomas@example.com] }
      levels: [read, full]
      max_duration: 4h
      default_duration: 1h
    emergency:
      eligible: { groups: [it-admins], providers: [company] }
      max_duration: 30m

  servers:
    from: ${apps.servers}
    to: ${upstreams.servers}
    title: Servers
    owner: it@example.com
    sensitivity: critical
    require: { device: company_laptop }
    policy:
      - { name: administrators with a passkey, allow: { groups: [it-admins], providers: [company], mfa: { level: phishing_resistant } } }

  # The page with the scenes. Everybody on this machine may open it, without a sign-in.
  demo:
    from: ${stage}
    to: ${scenes}
    title: Demo
    public: [{ paths: ["/*"], methods: [GET, HEAD, POST] }]
    policy: []

grants:
  - who: { provider: partner, email: miro@partner.example }
    app: machines
    level: full
    until: "${new Date(grantUntil).toISOString()}"
    # Miro is an external user: without a sponsor, or for more than 90 days, this file would be rejected.
    sponsor: erika@example.com
    contract: V-2026-118
    reason: "Press 4 loses pressure"

audit: { file: { path: audit.jsonl } }
`
}

/** The file with another end of the technician's grant, other changes kept. Undefined if the grant is no longer in it. */
export function withGrantUntil(file: string, until: number): string | undefined {
  const grant =
    /^( {2}- who: \{ provider: partner, email: miro@partner\.example \}\n(?: {4}(?!until:).*\n)*? {4}until: ).*$/m
  return grant.test(file) ? file.replace(grant, `$1"${new Date(until).toISOString()}"`) : undefined
}

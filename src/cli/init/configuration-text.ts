// Writes the answers as commented YAML. Every value goes through the YAML library, whatever it contains.

import { Document, isMap, isScalar, type Node, type Pair } from 'yaml'
import type { Messages } from './messages/en.ts'
import type { IdentityDraft } from './provider-draft.ts'
import { guides } from './provider-guides.ts'
import type { Audience } from './read-application.ts'
import type { Certificate } from './read-certificate.ts'

export interface Answers {
  readonly origin: string
  readonly certificate: Certificate
  readonly identity: IdentityDraft
  /** `--demo-provider`: the identity is gone after ten minutes. */
  readonly demoProvider: boolean
  readonly timeZone: string
  readonly organisation: string
  readonly app: {
    readonly name: string
    readonly title: string
    readonly from: string
    readonly to: string
    readonly who: Audience
  }
  readonly places: Places
}

/** Where the running gateway keeps what it writes; relative to the configuration, or absolute. */
export interface Places {
  readonly store: string
  readonly audit: string
  /** Undefined: the path would be too long for a socket. */
  readonly adminSocket: string | undefined
  /** Undefined: the default, 127.0.0.1:9090. */
  readonly operations: string | undefined
}

export const fileNames = {
  configuration: 'einlass.yaml',
  schema: 'einlass.schema.json',
  secretKey: 'secret.key',
  clientSecret: 'client.secret',
} as const

type Path = readonly (string | number)[]

export function configurationText(answers: Answers, t: Messages): string {
  const { identity, app, demoProvider } = answers
  const document = new Document(valueOf(answers, t))
  const say = (path: Path, text: string): void => comment(document, path, text)
  document.commentBefore = ` yaml-language-server: $schema=${fileNames.schema}\n\n ${t.yaml.head}`

  say(['gateway'], t.yaml.gateway)
  say(['gateway', 'acme'], t.yaml.acme)
  say(['gateway', 'tls'], t.yaml.tls)
  say(['gateway', 'secret_key'], t.yaml.secretKey)
  say(['gateway', 'admin_socket'], t.yaml.adminSocket)
  say(['gateway', 'operations'], t.yaml.operations)
  say(['gateway', 'time_zone'], t.yaml.timeZone)
  say(['store'], t.yaml.store)
  say(['organisation'], t.yaml.organisation)
  say(['identity'], demoProvider ? t.yaml.demo : t.yaml.identity(guides[identity.kind].title))
  say(['identity', 'scopes'], t.yaml.scopes)
  say(['identity', 'claims'], t.yaml.claims)
  say(['identity', 'mfa'], t.yaml.mfa)
  const open = [...(identity.mfa === undefined && isOpen(identity) ? [t.yaml.mfaOpen] : []), t.yaml.email]
  after(document, ['identity'], open)
  say(['apps'], t.yaml.apps)
  say(['apps', app.name, 'from'], t.yaml.from)
  say(['apps', app.name, 'to'], t.yaml.to)
  say(['apps', app.name, 'policy'], t.yaml.policy)
  say(['audit'], t.yaml.audit)
  for (const path of [
    ['gateway', 'tls'],
    ['gateway', 'acme'],
    ['organisation'],
    ['identity', 'claims'],
    ['identity', 'mfa'],
    ['audit'],
  ])
    flow(document, path)
  for (const [index] of rulesOf(app.who, t).entries()) flow(document, ['apps', app.name, 'policy', index])
  flow(document, ['identity', 'scopes'])
  return document.toString({ lineWidth: 0 })
}

function valueOf({ origin, certificate, identity, timeZone, organisation, app, places }: Answers, t: Messages): object {
  const { kind, ...rest } = identity
  return {
    gateway: {
      url: origin,
      ...(certificate.kind === 'acme' && { acme: acmeOf(certificate) }),
      ...(certificate.kind === 'files' && { tls: { cert: certificate.cert, key: certificate.key } }),
      secret_key: `file:${fileNames.secretKey}`,
      ...(places.adminSocket !== undefined && { admin_socket: places.adminSocket }),
      ...(places.operations !== undefined && { operations: places.operations }),
      time_zone: timeZone,
    },
    store: `sqlite:${places.store}`,
    organisation: { name: organisation },
    identity: {
      ...(kind !== 'generic' && { kind }),
      issuer: rest.issuer,
      client_id: rest.client_id,
      client_secret: `file:${fileNames.clientSecret}`,
      ...(rest.ca !== undefined && { ca: rest.ca }),
      ...(rest.hosted_domain !== undefined && { hosted_domain: rest.hosted_domain }),
      ...(rest.scopes !== undefined && { scopes: [...rest.scopes] }),
      ...(rest.claims !== undefined && { claims: rest.claims }),
      ...(rest.mfa !== undefined && { mfa: rest.mfa }),
    },
    apps: {
      [app.name]: {
        from: app.from,
        to: app.to,
        ...(app.title !== app.name && { title: app.title }),
        policy: rulesOf(app.who, t),
      },
    },
    audit: { file: { path: places.audit } },
  }
}

function acmeOf({ mail, authority }: Extract<Certificate, { kind: 'acme' }>): object {
  return {
    email: mail,
    terms_of_service: 'agreed',
    ...(authority !== undefined && { directory: authority.directory }),
    ...(authority?.ca !== undefined && { ca: authority.ca }),
  }
}

/** One rule for each kind: the conditions of one rule must all hold. */
function rulesOf({ groups, domains, users }: Audience, t: Messages): readonly object[] {
  return [
    ...(groups.length > 0 ? [{ name: t.yaml.rules.groups, allow: { groups: [...groups] } }] : []),
    ...(domains.length > 0 ? [{ name: t.yaml.rules.domains, allow: { domains: [...domains] } }] : []),
    ...(users.length > 0 ? [{ name: t.yaml.rules.users, allow: { users: [...users] } }] : []),
  ]
}

/** Kinds whose preset proves no second factor until a level is named. */
function isOpen({ kind }: IdentityDraft): boolean {
  return kind === 'keycloak' || kind === 'entra'
}

/** Above the key at `path`, where there is one; a blank line above those at the top. */
function comment(document: Document, path: Path, text: string): void {
  const pair = pairAt(document, path)
  if (pair === undefined || !isScalar(pair.key)) return
  pair.key.commentBefore = ` ${text}`
  // A blank line stands below the head of the file already.
  if (path.length === 1 && path[0] !== 'gateway') pair.key.spaceBefore = true
}

/** Below the last key of the mapping at `path`. */
function after(document: Document, path: Path, texts: readonly string[]): void {
  const node = document.getIn(path, true)
  if (isMap(node)) node.comment = texts.map((text) => ` ${text}`).join('\n')
}

function flow(document: Document, path: Path): void {
  const node = document.getIn(path, true) as (Node & { flow?: boolean }) | undefined
  if (node !== undefined && 'items' in node) node.flow = true
}

function pairAt(document: Document, path: Path): Pair | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  return parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))
}

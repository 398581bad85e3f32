// Options of `einlass init`: one for each answer, and which are needed where nobody can be asked.

import type { Values } from '../parse-arguments.ts'
import { UsageError } from '../parse-arguments.ts'
import { isLoopback } from '../../net/loopback.ts'
import { guides } from './provider-guides.ts'
import { recogniseKind } from './recognise-kind.ts'

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const

export const options = {
  language: text,
  directory: text,
  yes: flag,
  domain: text,
  'acme-mail': text,
  'acme-directory': text,
  'acme-ca': text,
  'tls-cert': text,
  'tls-key': text,
  kind: text,
  issuer: text,
  'provider-ca': text,
  'hosted-domain': text,
  'client-id': text,
  'client-secret-file': text,
  'groups-claim': text,
  'groups-shape': text,
  scope: texts,
  'mfa-acr': texts,
  'mfa-amr': texts,
  'trial-port': text,
  'no-trial': flag,
  'time-zone': text,
  organisation: text,
  'app-name': text,
  'app-to': text,
  'app-from': text,
  'allow-group': texts,
  'allow-domain': texts,
  'allow-mail': texts,
  service: flag,
  'demo-provider': flag,
} as const

export type InitValues = Values<typeof options>

export const help = `Writes a first configuration: asks for what is missing, tries each answer at once, and shows where to click at
the provider. Nothing is written before the last question, and nothing is ever overwritten. Without a terminal, or with
--yes, every answer comes from the options below.

  --directory DIR           where the files go; default /etc/einlass where it can be written to, else the current folder
  --language en|de          default: that of the locale
  --yes                     ask nothing: options and defaults

  --domain NAME             address of Einlass: access.example.com, or http://access.localhost:8080 on this machine alone
  --acme-mail ADDRESS       certificates by ACME; accepts the terms of service of Let's Encrypt
  --acme-directory URL      another authority than Let's Encrypt, whose terms of service are accepted instead
  --acme-ca FILE            PEM file of the authority that signed the certificate of that directory, for a private one
  --tls-cert FILE           PEM file of an own certificate instead
  --tls-key FILE            PEM file of its private key; default: the one beside it

  --issuer URL              issuer of the identity provider
  --kind KIND               keycloak, entra, okta, google, auth0, cognito, gitlab, adfs, dex, zitadel or generic;
                            if absent, recognised by the issuer
  --provider-ca FILE        PEM file of the authority of its certificate, if that is not a public one
  --hosted-domain DOMAIN    kind google: the organisation whose accounts may sign in
  --client-id ID            client identifier at the provider; default: einlass, where one chooses it
  --client-secret-file FILE file with the client secret, or - for standard input; copied into DIR with mode 0600
  --groups-claim NAME       claim with the groups, if it is not that of the kind
  --groups-shape SHAPE      list, keys, csv or path
  --scope SCOPE             requested scope, if not those of the kind; may be repeated
  --mfa-acr VALUE           value of acr that proves a second factor; may be repeated
  --mfa-amr VALUE           value of amr that proves a second factor; may be repeated
  --trial-port PORT         port on 127.0.0.1 of the trial sign-in; default 8617
  --no-trial                no trial sign-in

  --time-zone ZONE          IANA name; default: that of this machine
  --organisation NAME       name of the organisation; default: from the domain
  --app-to URL              address of the first application inside
  --app-name NAME           its name; default: from the address
  --app-from URL            its address for people; default: NAME beside the domain
  --allow-group GROUP       who may use it: members of this group; may be repeated
  --allow-domain DOMAIN     everybody with a verified address of this domain; may be repeated
  --allow-mail ADDRESS      this person; may be repeated
  --service                 start it as a systemd service afterwards, without asking

  --demo-provider           instead of a provider: one person with a password, inside this command, for ten minutes, on
                            loopback only; starts the gateway as well
`

/** Throws one `UsageError` that lists every option that is missing. */
export function requireOptions(values: InitValues): void {
  const missing: string[] = []
  const need = (given: boolean, option: string): void => void (given || missing.push(option))
  const demo = values['demo-provider'] === true
  need(demo || values.domain !== undefined, '--domain')
  const certificate = values['acme-mail'] !== undefined || values['tls-cert'] !== undefined
  need(demo || isPlain(values.domain) || certificate, '--acme-mail (or --tls-cert and --tls-key)')
  need(demo || values.issuer !== undefined, '--issuer')
  need(demo || values['client-id'] !== undefined || hasUsualClientId(values), '--client-id')
  need(demo || values['client-secret-file'] !== undefined, '--client-secret-file')
  need(values['app-to'] !== undefined, '--app-to')
  need(demo || isAudienceGiven(values), '--allow-group (or --allow-domain, --allow-mail)')
  if (missing.length > 0) throw new UsageError(`nobody can be asked here; missing ${missing.join(', ')}`)
}

/** Throws `UsageError` for options that contradict each other. */
export function refuseContradictions(values: InitValues): void {
  const refuse = (left: keyof InitValues, right: keyof InitValues): void => {
    if (values[left] !== undefined && values[right] !== undefined) {
      throw new UsageError(`--${left} and --${right} contradict each other`)
    }
  }
  refuse('acme-mail', 'tls-cert')
  refuse('acme-directory', 'tls-cert')
  refuse('no-trial', 'trial-port')
  for (const option of [
    'issuer',
    'kind',
    'client-id',
    'client-secret-file',
    'acme-mail',
    'tls-cert',
    'service',
  ] as const) {
    refuse('demo-provider', option)
  }
  if (values['acme-ca'] !== undefined && values['acme-directory'] === undefined) {
    throw new UsageError('--acme-ca needs --acme-directory')
  }
  if (values['tls-key'] !== undefined && values['tls-cert'] === undefined) {
    throw new UsageError('--tls-key needs --tls-cert')
  }
}

/** Where one chooses it, the dialogue proposes one. Metadata may still show another kind, whose question then has no default. */
function hasUsualClientId({ issuer, kind }: InitValues): boolean {
  if (issuer === undefined) return false
  const stated = Object.entries(guides).find(([name]) => name === (kind ?? recogniseKind(issuer)))
  return stated?.[1].clientId !== undefined
}

export function isAudienceGiven(values: InitValues): boolean {
  return [values['allow-group'], values['allow-domain'], values['allow-mail']].some((list) => list !== undefined)
}

function isPlain(domain: string | undefined): boolean {
  const host = domain?.replace(/^http:\/\//i, '').replace(/:\d+$/, '')
  return host !== undefined && isLoopback(host)
}

// Builds the notification sinks of `audit.sinks`: mail, webhook, Teams and Slack, with TLS and secret checks.

import type { ChatSettings, MailSettings, SinkSettings, WebhookSettings } from '../audit-settings.ts'
import { isLoopback } from '../../net/loopback.ts'
import { defaultSelectors } from '../event-selectors.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace, isLiteral } from './diagnostics.ts'
import { concealValues } from '../load/secret-references.ts'
import { absolute, checkCertificates } from './tls-files.ts'

type SinkInput = NonNullable<NonNullable<MainInput['audit']>['sinks']>[number]

const common = ['kind', 'name', 'events', 'url', 'ca']
const keysOfKind: Readonly<Record<SinkSettings['kind'], readonly string[]>> = {
  mail: [...common, 'language', 'user', 'password', 'starttls', 'server_name', 'from', 'to', 'digest'],
  webhook: [...common, 'secret'],
  teams: [...common, 'language'],
  slack: [...common, 'language'],
}

/** Undefined, with a problem, if `kind` or `url` is missing. */
export async function buildSink(check: Diagnostics, place: Place, input: SinkInput): Promise<SinkSettings | undefined> {
  requireKeys(check, place, ['kind'])
  const { kind } = input
  if (kind === undefined) return undefined
  for (const key of Object.keys(input)) {
    if (keysOfKind[kind].includes(key)) continue
    check.problem(childPlace(place, key), `not a key of a sink of kind ${kind}`, 'key')
  }
  requireKeys(check, place, ['url'])
  if (input.url === undefined) return undefined
  if (input.ca !== undefined) await checkCertificates(check, childPlace(place, 'ca'), input.ca)
  if (kind !== 'webhook' && input.events?.some((event) => event === 'authentication' || event === 'device')) {
    check.problem(
      childPlace(place, 'events'),
      '`authentication` and `device` are for webhooks only: too many events for people',
    )
  }
  const shared = {
    name: input.name ?? kind,
    events: input.events ?? defaultSelectors,
    ca: input.ca === undefined ? undefined : absolute(place, input.ca),
  }
  const language = input.language ?? 'en'
  if (kind === 'mail') return buildMail(check, place, input, { ...shared, language })
  const url = buildUrl(check, place, input.url, kind)
  if (kind === 'webhook') {
    const { secret } = input
    requireKeys(check, place, ['secret'])
    if (secret !== undefined) {
      addSecret(check, childPlace(place, 'secret'), secret)
      if (secret.length < 32) check.problem(childPlace(place, 'secret'), 'must have at least 32 characters')
    }
    const settings: WebhookSettings = { kind, ...shared, url, secret: secret ?? '' }
    return concealValues(settings, ['url', 'secret'])
  }
  const settings: ChatSettings = { kind, ...shared, url, language }
  return concealValues(settings, ['url'])
}

/** Messages never quote the URL: knowing that of a chat is enough to post. */
function buildUrl(check: Diagnostics, place: Place, text: string, kind: 'webhook' | 'teams' | 'slack'): string {
  const at = childPlace(place, 'url')
  if (kind !== 'webhook') addSecret(check, at, text)
  else if (!isLiteral(at)) check.secret(text)
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    check.problem(at, 'expected an address such as https://hooks.example.com/einlass')
    return ''
  }
  if (url.username !== '' || url.password !== '') check.problem(at, 'must not contain a user name or password')
  if (url.hash !== '') check.problem(at, 'must not contain #')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    check.problem(at, 'http: is only for localhost, *.localhost and loopback addresses; use https:')
  }
  if (kind === 'teams' && /(^|\.)(webhook\.office\.com|outlook\.office(365)?\.com)$/.test(url.hostname)) {
    check.warn(at, 'Office 365 connectors are retired by Microsoft: create a workflow and use its URL')
  }
  return url.href
}

function buildMail(
  check: Diagnostics,
  place: Place,
  input: SinkInput,
  shared: Pick<MailSettings, 'name' | 'events' | 'ca' | 'language'>,
): MailSettings {
  const server = buildServer(check, place, input)
  requireKeys(check, place, ['from'])
  const { user, password } = input
  if (password !== undefined) addSecret(check, childPlace(place, 'password'), password)
  if ((user === undefined) !== (password === undefined)) {
    check.problem(place, 'expected both user and password, or neither', 'key')
  }
  if (password !== undefined && server.tls === 'if_offered' && !isLoopback(server.host)) {
    check.problem(
      childPlace(place, 'starttls'),
      'a password is never sent unencrypted: remove it, or require STARTTLS',
      'key',
    )
  }
  const settings: MailSettings = {
    kind: 'mail',
    ...shared,
    ...server,
    serverName: input.server_name,
    user,
    password,
    from: buildSender(check, place, input.from),
    to: buildRecipients(check, place, input.to),
    digest: input.digest ?? 60_000,
  }
  return concealValues(settings, ['password'])
}

function buildServer(check: Diagnostics, place: Place, input: SinkInput): Pick<MailSettings, 'host' | 'port' | 'tls'> {
  const at = childPlace(place, 'url')
  // `URL` does not validate the host of unknown schemes, so it is parsed as http:.
  const [, scheme, rest] = /^(smtps?):\/\/([^/?#@\s]+)\/?$/.exec(input.url ?? '') ?? []
  const url = rest === undefined ? null : URL.parse(`http://${rest}`)
  if (scheme === undefined || url === null) {
    const credentials = (input.url ?? '').includes('@') ? ' (user and password are separate keys)' : ''
    check.problem(at, `expected smtp://mail.example.com:587 or smtps://mail.example.com:465${credentials}`)
    return { host: '', port: 587, tls: 'starttls' }
  }
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  // `URL` drops port 80, the default of http:.
  const port = url.port === '' ? (/:0*80$/.test(rest!) ? 80 : scheme === 'smtps' ? 465 : 587) : Number(url.port)
  if (scheme === 'smtps') {
    if (input.starttls !== undefined)
      check.problem(childPlace(place, 'starttls'), 'only with smtp:, not with smtps:', 'key')
    return { host, port, tls: 'implicit' }
  }
  if (input.starttls === 'if_offered' && !isLoopback(host)) {
    check.warn(childPlace(place, 'starttls'), 'mail may be sent unencrypted, and to an impostor of the server')
  }
  const tls =
    (input.starttls ?? (isLoopback(host) ? 'if_offered' : 'required')) === 'required' ? 'starttls' : 'if_offered'
  return { host, port, tls }
}

/** `Name <address>` or an address. */
function buildSender(check: Diagnostics, place: Place, text: string | undefined): MailSettings['from'] {
  if (text === undefined) return { name: '', address: '' }
  const [, name = '', bracketed] = /^([^<>]*)<([^<>]+)>$/.exec(text.trim()) ?? []
  const address = (bracketed ?? text).trim()
  if (!isAddress(address) || /[\p{Cc}",;:\\]/u.test(name)) {
    check.problem(childPlace(place, 'from'), 'expected an address such as Einlass <einlass@example.com>')
  }
  return { name: name.trim(), address }
}

function buildRecipients(check: Diagnostics, place: Place, input: SinkInput['to']): readonly string[] {
  const at = childPlace(place, 'to')
  const listed = Array.isArray(place.file.tree.at(at.path))
  for (const [index, one] of (input ?? []).entries()) {
    if (roles.includes(one) || isAddress(one)) continue
    check.problem(listed ? childPlace(at, index) : at, 'expected an e-mail address, or approvers, requester, sponsor')
  }
  return input ?? roles
}

const roles: readonly string[] = ['approvers', 'requester', 'sponsor']

function isAddress(text: string): boolean {
  return /^[^\s@<>()[\],;:\\"\p{Cc}]{1,64}@[^\s@<>()[\],;:\\"\p{Cc}]{1,190}$/u.test(text)
}

function addSecret(check: Diagnostics, place: Place, secret: string): void {
  check.secret(secret)
  if (isLiteral(place)) check.warn(place, 'secret in clear text; use env:NAME or file:PATH')
}

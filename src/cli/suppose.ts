// The facts of `einlass explain`, put together as the gateway would have gathered them.

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { App, Configuration, ProviderSettings } from '../config/configuration.ts'
import { parseDuration, parseMoment } from '../config/units.ts'
import { isDeviceId, readPosture } from '../devices/posture.ts'
import { networkFinder } from '../gateway/networks.ts'
import { canonicalTarget } from '../gateway/target.ts'
import { authenticationOf } from '../identity/claims.ts'
import type { AccessRequest, Identity } from '../policy/access-request.ts'
import type { Grant } from '../policy/grant.ts'
import { subjectKey } from '../policy/subject.ts'

export interface Facts {
  readonly user?: string | undefined
  readonly group?: readonly string[] | undefined
  readonly provider?: string | undefined
  readonly acr?: string | undefined
  readonly amr?: readonly string[] | undefined
  readonly 'auth-age'?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly ip?: string | undefined
  readonly posture?: string | undefined
  readonly grant?: readonly string[] | undefined
  readonly at?: string | undefined
}

/** One fact makes no sense; the message is one line. */
export class BadFact extends Error {
  readonly code = 'bad_fact'
}

/** Throws `BadFact`. Grants of the configuration count as well. */
export function suppose(
  configuration: Configuration,
  app: App,
  facts: Facts,
  clock: number,
  cwd: string,
): AccessRequest {
  const now = facts.at === undefined ? clock : momentOf('--at', facts.at)
  const identity = facts.user === undefined ? undefined : identityOf(configuration, facts.user, facts, now)
  const target = canonicalTarget(facts.path ?? '/')
  if (target === undefined) throw new BadFact(`--path: ${facts.path} has no canonical form; the gateway answers 400`)
  const address = facts.ip ?? '192.0.2.1'
  if (isIP(address) === 0) throw new BadFact(`--ip: ${address} is no address`)
  return {
    identity,
    absence: 'no_session',
    device: deviceOf(facts.posture, now, cwd),
    grants: identity === undefined ? [] : grantsOf(configuration, app, identity, facts.grant ?? []),
    network: { address, names: networkFinder(configuration.networks)(address) },
    method: (facts.method ?? 'GET').toUpperCase(),
    path: target.path,
    now,
  }
}

function identityOf(configuration: Configuration, user: string, facts: Facts, now: number): Identity {
  const provider = providerOf(configuration, facts.provider)
  const email = user.includes('@') ? user.normalize('NFC').toLowerCase() : undefined
  const age = parseDuration(facts['auth-age'] ?? '0s')
  if (age === undefined) throw new BadFact(`--auth-age: write a duration such as 90s, 15m or 8h`)
  const claims = { acr: facts.acr, amr: facts.amr ?? [], auth_time: Math.floor((now - age) / 1000) }
  return {
    subject: {
      provider: provider.name,
      sub: user,
      email,
      name: undefined,
      username: undefined,
      groups: facts.group ?? [],
      groupsComplete: true,
      claims: email === undefined ? {} : { email: [email] },
      external: provider.external,
    },
    authentication: authenticationOf(claims, provider, now),
  }
}

function providerOf(configuration: Configuration, name: string | undefined): ProviderSettings {
  const provider = name === undefined ? [...configuration.providers.values()][0] : configuration.providers.get(name)
  if (provider === undefined) throw new BadFact(`--provider: there is none called ${name}`)
  return provider
}

/** The normal form of contract and documentation: `{"device_id": "...", "managed": true, "os": {"name", "version"}, ...}`. */
function deviceOf(file: string | undefined, now: number, cwd: string): AccessRequest['device'] {
  if (file === undefined) return { state: 'absent' }
  const facts = jsonObject(file, cwd)
  const deviceId = facts['device_id'] ?? 'supposed'
  if (!isDeviceId(deviceId)) throw new BadFact(`--posture: ${file}: device_id is none`)
  const observedAt =
    facts['observed_at'] === undefined ? now : momentOf('--posture observed_at', String(facts['observed_at']))
  const { posture, unreadable } = readPosture(facts, {
    deviceId,
    source: String(facts['source'] ?? 'supposed'),
    observedAt,
  })
  if (unreadable.length > 0) throw new BadFact(`--posture: ${file}: cannot read ${unreadable.join(', ')}`)
  return { state: 'known', posture }
}

function jsonObject(file: string, cwd: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'))
  } catch (cause) {
    throw new BadFact(`--posture: ${file}: ${cause instanceof Error ? cause.message : 'cannot be read'}`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadFact(`--posture: ${file}: no JSON object`)
  return value as Readonly<Record<string, unknown>>
}

function grantsOf(configuration: Configuration, app: App, identity: Identity, given: readonly string[]): Grant[] {
  const { subject } = identity
  const who = subjectKey(subject)
  const keys = [who, `${subject.provider}|mailto:${subject.email}`]
  const declared = configuration.grants.filter((grant) => grant.app === app.name && keys.includes(grant.who))
  return [...declared, ...given.map((text, index) => grantOf(text, `given-${index + 1}`, who, app.name))]
}

function grantOf(text: string, id: string, who: string, app: string): Grant {
  const [level, from, until, ...more] = text.split(',')
  if ((level !== 'read' && level !== 'full') || from === undefined || until === undefined || more.length > 0) {
    throw new BadFact(`--grant: write LEVEL,FROM,UNTIL, such as full,2026-12-01T08:00,2026-12-15T18:00`)
  }
  const times = { from: momentOf('--grant', from), until: momentOf('--grant', until) }
  const origin = { origin: 'runtime', givenBy: 'explain', revokedAt: undefined } as const
  return { id, who, app, level, ...times, schedule: undefined, sponsor: undefined, reason: undefined, ...origin }
}

/** Without an offset: UTC. */
function momentOf(option: string, text: string): number {
  const moment = parseMoment(text, 'UTC', false)
  if (moment === undefined) throw new BadFact(`${option}: ${text} is no ISO 8601 time`)
  return moment
}

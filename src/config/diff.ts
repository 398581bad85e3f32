// Who would gain or lose access to what, in words, if one configuration took the place of another.

import { isDeepStrictEqual } from 'node:util'
import type { App, Configuration } from './configuration.ts'
import type { ConditionSet } from '../policy/app.ts'
import type { Grant } from '../policy/grant.ts'
import { describeSchedule } from '../policy/window-words.ts'
import { printConditions } from './print-conditions.ts'
import { never } from './build-grants.ts'
import { compareRequests, requestsOf } from './diff-requests.ts'
import { compareRules } from './diff-rules.ts'
import { printDuration } from './units.ts'

/**
 * Plain lines, sorted. It compares what is written; who is in a group, on which device and network somebody is, it
 * cannot know, so it names groups and conditions and leaves the persons to the reader.
 */
export function compareConfigurations(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.apps.keys(), ...after.apps.keys()])) {
    const was = before.apps.get(name)
    const is = after.apps.get(name)
    if (was === undefined) lines.push(...wholeApp(is!, 'gain', after))
    else if (is === undefined) lines.push(...wholeApp(was, 'lose', before))
    else lines.push(...compareApp(was, is))
  }
  lines.push(
    ...compareNamed(
      'role',
      before.roles,
      after.roles,
      (role) => `groups ${list(role.groups)}, users ${list(role.users)}`,
      users(before, after, 'roles'),
    ),
  )
  lines.push(...compareNamed('network', before.networks, after.networks, list, users(before, after, 'networks')))
  lines.push(
    ...compareNamed(
      'schedule',
      before.schedules,
      after.schedules,
      (schedule) => `${describeSchedule(schedule)}, except ${list(schedule.except)}`,
      users(before, after, 'schedule'),
    ),
  )
  lines.push(
    ...compareNamed(
      'posture',
      before.devices.postures,
      after.devices.postures,
      JSON.stringify,
      users(before, after, 'device'),
    ),
  )
  lines.push(...compareProviders(before, after), ...compareExternalPeople(before, after))
  lines.push(...compareGrants(before, after))
  lines.push(...compareSponsors(before, after))
  lines.push(...compareFoundations(before, after))
  return [...new Set(lines)].sort()
}

function wholeApp(app: App, direction: 'gain' | 'lose', configuration: Configuration): string[] {
  const verb = direction
  const lines = [`${app.name}: the app is ${direction === 'gain' ? 'new' : 'gone'} (${app.host})`]
  for (const rule of app.declaration.rules.filter((one) => one.effect === 'allow')) {
    lines.push(
      `${app.name}: ${verb}s access: ${printConditions(rule.when)} (rule "${rule.name}"${required(app.declaration.require)})`,
    )
  }
  for (const grant of configuration.grants.filter((one) => one.app === app.name)) {
    lines.push(`${app.name}: ${describeGrant(grant)} ${direction === 'gain' ? 'begins to count' : 'counts no more'}`)
  }
  lines.push(...requestsOf(app, direction))
  for (const open of app.public) {
    lines.push(
      `${app.name}: everyone ${verb}s ${list(open.paths)} without sign-in${open.methods.length === 0 ? '' : ` (${list(open.methods)})`}`,
    )
  }
  return lines
}

function compareApp(was: App, is: App): string[] {
  const lines: string[] = []
  const say = (text: string): void => void lines.push(`${is.name}: ${text}`)
  if (was.host !== is.host) say(`moves from ${was.host} to ${is.host}`)
  if (!isDeepStrictEqual(was.upstreams, is.upstreams)) say('requests go to other upstreams')
  if (was.declaration.mode !== is.declaration.mode) {
    say(
      is.declaration.mode === 'monitor'
        ? 'is only monitored: nobody is refused any more'
        : 'is enforced: whoever no rule allows loses access',
    )
  }
  if (!isDeepStrictEqual(was.declaration.require, is.declaration.require)) {
    say(
      `every allow requires ${printConditions(is.declaration.require)} (before: ${printConditions(was.declaration.require)})`,
    )
  }
  for (const open of is.public) {
    if (!was.public.some((other) => isDeepStrictEqual(other, open)))
      say(`everyone gains ${list(open.paths)} without sign-in`)
  }
  for (const open of was.public) {
    if (!is.public.some((other) => isDeepStrictEqual(other, open)))
      say(`everyone loses ${list(open.paths)} without sign-in`)
  }
  if (!isDeepStrictEqual(was.session, is.session)) {
    for (const key of ['idle', 'lifetime', 'revalidate', 'grace', 'lease'] as const) {
      if (was.session[key] !== is.session[key]) {
        say(`session.${key} is ${printDuration(is.session[key])} (before: ${printDuration(was.session[key])})`)
      }
    }
  }
  lines.push(...compareRules(was, is), ...compareRequests(was, is))
  return lines
}

/** `used`: apps whose rules name it, in either configuration. */
function compareNamed<T>(
  kind: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  print: (value: T) => string,
  used: (name: string) => string[],
): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(name)
    const is = after.get(name)
    const apps = used(name)
    if (isDeepStrictEqual(was, is) || apps.length === 0) continue
    for (const app of apps) {
      const now = is === undefined ? 'is gone' : `is ${print(is)}`
      lines.push(`${app}: ${kind} ${name} ${now} (before: ${was === undefined ? 'none' : print(was)})`)
    }
  }
  return lines
}

function compareProviders(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.providers.keys(), ...after.providers.keys()])) {
    const was = before.providers.get(name)
    const is = after.providers.get(name)
    if (was === undefined) lines.push(`provider ${name}: its people can sign in`)
    else if (is === undefined) lines.push(`provider ${name}: its people can no longer sign in`)
    else {
      if (was.issuer !== is.issuer) lines.push(`provider ${name}: other people can sign in, the issuer is another one`)
      if (!isDeepStrictEqual(was.mfa, is.mfa)) lines.push(`provider ${name}: something else proves mfa`)
      if (!isDeepStrictEqual(was.phishingResistant, is.phishingResistant))
        lines.push(`provider ${name}: something else proves phishing-resistant sign-in`)
      if (was.claims.groups !== is.claims.groups)
        lines.push(`provider ${name}: groups come from the claim ${is.claims.groups}`)
      if (was.external !== is.external)
        lines.push(
          `provider ${name}: is ${is.external ? 'external: its people get in by grant only' : 'no longer external'}`,
        )
    }
  }
  return lines
}

function compareExternalPeople(before: Configuration, after: Configuration): string[] {
  const [was, is] = [before, after].map(({ external }) => new Set(external?.people)) as [Set<string>, Set<string>]
  return [
    ...[...is.difference(was)].map((who) => `${who}: is external, gets in by grant only`),
    ...[...was.difference(is)].map((who) => `${who}: is no longer external`),
  ]
}

/** What every app rests on: said once, because whom it touches cannot be told from here. */
function compareFoundations(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  if (before.gateway.origin !== after.gateway.origin) lines.push(`gateway: moves to ${after.gateway.origin}`)
  if (!isDeepStrictEqual(before.gateway.trustedProxies, after.gateway.trustedProxies)) {
    lines.push('gateway: other proxies are trusted, so rules with networks may see other client addresses')
  }
  if (!isDeepStrictEqual(before.devices.sources, after.devices.sources)) {
    lines.push('devices: facts come from other sources, so rules with a device may decide otherwise')
  }
  if (!isDeepStrictEqual(before.store, after.store)) {
    lines.push('store: another one: sessions and run-time grants of the present one do not count there')
  }
  return lines
}

function compareGrants(before: Configuration, after: Configuration): string[] {
  const both = (name: string): boolean => before.apps.has(name) && after.apps.has(name)
  const gone = before.grants.filter((grant) => both(grant.app) && !after.grants.some((other) => other.id === grant.id))
  const come = after.grants.filter((grant) => both(grant.app) && !before.grants.some((other) => other.id === grant.id))
  return [
    ...come.map((grant) => `${grant.app}: ${describeGrant(grant)} begins to count`),
    ...gone.map((grant) => `${grant.app}: ${describeGrant(grant)} counts no more`),
  ]
}

function compareSponsors(before: Configuration, after: Configuration): string[] {
  const lost = [...(before.sponsors ?? [])].filter((address) => after.sponsors?.has(address) === false)
  const lines = lost.map((address) => `sponsor ${address}: is none any more: every grant they answer for ends`)
  if (before.sponsors === undefined && after.sponsors !== undefined) {
    lines.push('sponsors: grants that name anybody else as their sponsor end')
  }
  if (!isDeepStrictEqual(before.linked ?? [], after.linked ?? [])) {
    lines.push('identity.linked: other accounts count as one person when requests are approved')
  }
  return lines
}

function describeGrant(grant: Grant): string {
  const at = (moment: number): string => new Date(moment).toISOString().replace('.000Z', 'Z')
  const from = grant.from === 0 ? '' : ` from ${at(grant.from)}`
  const until = grant.until === never ? ' without end' : ` until ${at(grant.until)}`
  return `the ${grant.level} grant of ${grant.who}${from}${until}${grant.schedule === undefined ? '' : ` within ${grant.schedule}`}`
}

/** Apps in which a name is used in a rule, in `require` or by a grant. */
function users(before: Configuration, after: Configuration, key: 'roles' | 'networks' | 'schedule' | 'device') {
  return (name: string): string[] => {
    const found = new Set<string>()
    for (const configuration of [before, after]) {
      for (const app of configuration.apps.values()) {
        const sets = [
          app.declaration.require,
          ...app.declaration.rules.map((rule) => rule.when),
          ...[
            app.requests?.eligible,
            app.requests?.approvers,
            app.emergency?.eligible,
            app.emergency?.reviewers,
          ].filter((set) => set !== undefined),
        ]
        if (sets.some((set) => mentions(set, key, name))) found.add(app.name)
      }
      if (key === 'schedule')
        for (const grant of configuration.grants) if (grant.schedule === name) found.add(grant.app)
    }
    return [...found]
  }
}

function mentions(set: ConditionSet, key: 'roles' | 'networks' | 'schedule' | 'device', name: string): boolean {
  const value = set[key]
  if (typeof value === 'string' ? value === name : value?.includes(name)) return true
  return (
    (set.any ?? []).some((one) => mentions(one, key, name)) || (set.not !== undefined && mentions(set.not, key, name))
  )
}

function required(set: ConditionSet): string {
  return Object.keys(set).length === 0 ? '' : `, requiring ${printConditions(set)}`
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ')
}

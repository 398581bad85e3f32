// Compares one app of two configurations: who gains or loses access.

import { isDeepStrictEqual } from 'node:util'
import type { App, Configuration } from '../configuration.ts'
import { compareAddresses } from './addresses.ts'
import type { ConditionSet } from '../../policy/declaration.ts'
import { compareForwarding } from './forwarding.ts'
import { describeGrant } from './grants.ts'
import { compareMethods } from './methods.ts'
import { compareRequests, addedOrRemovedRequests } from './requests.ts'
import { compareRules } from './rules.ts'
import { printConditions, printList } from './print-conditions.ts'
import { printDuration } from '../units.ts'

export function addedOrRemovedApp(app: App, direction: 'gain' | 'lose', configuration: Configuration): string[] {
  const verb = direction
  const lines = [`${app.name}: the app is ${direction === 'gain' ? 'new' : 'gone'} (${addressesOf(app)})`]
  for (const rule of app.declaration.rules.filter((one) => one.effect === 'allow')) {
    lines.push(
      `${app.name}: ${verb}s access: ${printConditions(rule.when)} (rule "${rule.name}"${required(app.declaration.require)})`,
    )
  }
  for (const grant of configuration.grants.filter((one) => one.app === app.name)) {
    lines.push(`${app.name}: ${describeGrant(grant)} ${direction === 'gain' ? 'becomes valid' : 'is no longer valid'}`)
  }
  lines.push(...addedOrRemovedRequests(app, direction))
  for (const open of app.public) {
    lines.push(
      `${app.name}: everyone ${verb}s ${printList(open.paths)} without sign-in${open.methods.length === 0 ? '' : ` (${printList(open.methods)})`}`,
    )
  }
  return lines
}

export function compareApp(was: App, is: App): string[] {
  const lines: string[] = []
  const say = (text: string): void => void lines.push(`${is.name}: ${text}`)
  for (const line of compareAddresses(was, is)) say(line)
  if (!isDeepStrictEqual(was.upstreams, is.upstreams)) say('requests go to other upstreams')
  if (was.upstreamPath !== is.upstreamPath) say('requests go to other paths of its upstreams')
  if ((was.cookiePath ?? 'app') !== (is.cookiePath ?? 'app')) {
    say(`its cookies are ${is.cookiePath === 'host' ? 'sent to all apps of its host' : 'confined to its path'}`)
  }
  if ((was.allowSpecialAddresses ?? false) !== (is.allowSpecialAddresses ?? false)) {
    say(`upstreams at special addresses are ${is.allowSpecialAddresses === true ? 'accepted' : 'refused'}`)
  }
  compareMethods(was, is).forEach(say)
  if (was.declaration.mode !== is.declaration.mode) {
    say(
      is.declaration.mode === 'monitor'
        ? 'is only monitored: requests are no longer denied'
        : 'is enforced: users whom no rule allows lose access',
    )
  }
  if (!isDeepStrictEqual(was.declaration.require, is.declaration.require)) {
    say(
      `every allow requires ${printConditions(is.declaration.require)} (before: ${printConditions(was.declaration.require)})`,
    )
  }
  for (const open of is.public) {
    if (!was.public.some((other) => isDeepStrictEqual(other, open)))
      say(`everyone gains ${printList(open.paths)} without sign-in`)
  }
  for (const open of was.public) {
    if (!is.public.some((other) => isDeepStrictEqual(other, open)))
      say(`everyone loses ${printList(open.paths)} without sign-in`)
  }
  for (const [key, before, after] of pageOrigins(was, is)) {
    for (const one of after) if (!before.includes(one)) say(`${one} gains requests in the name of users (${key})`)
    for (const one of before) if (!after.includes(one)) say(`${one} loses requests in the name of users (${key})`)
  }
  const [fromAny, before] = [is.crossSitePosts ?? [], was.crossSitePosts ?? []]
  for (const path of fromAny) if (!before.includes(path)) say(`any website gains forms to ${path} in the name of users`)
  for (const path of before) if (!fromAny.includes(path)) say(`any website loses forms to ${path} in the name of users`)
  const [around, earlier] = [otherEmbedders(is), otherEmbedders(was)]
  for (const page of around) if (!earlier.includes(page)) say(`pages of ${page} gain sign-in in their frames`)
  for (const page of earlier) if (!around.includes(page)) say(`pages of ${page} lose sign-in in their frames`)
  if (was.connectionAuth !== is.connectionAuth) {
    say(
      is.connectionAuth === 'strip'
        ? 'NTLM and Negotiate sign-in is removed: users who sign in to the app that way need another one'
        : 'NTLM and Negotiate sign-in reaches the app',
    )
  }
  if (!isDeepStrictEqual(was.session, is.session)) {
    for (const key of ['idle', 'lifetime', 'revalidate', 'grace', 'lease'] as const) {
      if (was.session[key] !== is.session[key]) {
        say(`session.${key} is ${printDuration(is.session[key])} (before: ${printDuration(was.session[key])})`)
      }
    }
  }
  // Derived from the rules, they change with them, which is told already.
  const written = was.headerGroupsWritten === true || is.headerGroupsWritten === true
  if (written && !isDeepStrictEqual(was.headerGroups, is.headerGroups)) {
    say(`receives ${printHeaderGroups(is)} of its users (before: ${printHeaderGroups(was)})`)
  }
  lines.push(...[...compareHeaderNames(was, is), ...compareForwarding(was, is)].map((line) => `${is.name}: ${line}`))
  lines.push(...compareRules(was, is), ...compareRequests(was, is))
  return lines
}

/** Hosts with their paths. */
function addressesOf({ addresses }: App): string {
  return addresses.map(({ host, path }) => host + path).join(', ')
}

function otherEmbedders({ frameAncestors = [], addresses }: App): readonly string[] {
  return frameAncestors.filter((page) => !addresses.some(({ origin }) => origin === page))
}

/** Origins whose pages may act for a signed-in user, before and after. */
function pageOrigins(was: App, is: App): readonly (readonly [string, readonly string[], readonly string[]])[] {
  const sockets = (app: App): readonly string[] => [
    ...app.websocketOrigins,
    ...(app.websocketWithoutOrigin ? ['a WebSocket client without Origin'] : []),
  ]
  return [
    ['trusted_origins', was.trustedOrigins, is.trustedOrigins],
    ['websocket_origins', sockets(was), sockets(is)],
  ]
}

/** Fields that clients can set and could not, and the reverse. */
function compareHeaderNames(was: App, is: App): string[] {
  const none = { keep: [], remove: [] }
  const [before, after] = [was.headerNames ?? none, is.headerNames ?? none]
  const only = (some: readonly string[], others: readonly string[]): string[] =>
    some.filter((name) => !others.includes(name))
  const gained = [...only(after.keep, before.keep), ...only(before.remove, after.remove)]
  const lost = [...only(before.keep, after.keep), ...only(after.remove, before.remove)]
  return [
    ...gained.map((name) => `clients gain the header field ${name}`),
    ...lost.map((name) => `clients lose the header field ${name}`),
  ]
}

function printHeaderGroups({ headerGroups }: App): string {
  if (headerGroups === 'all') return 'all groups'
  return headerGroups.size === 0 ? 'no groups' : `the groups ${printList([...headerGroups].sort())}`
}

function required(set: ConditionSet): string {
  return Object.keys(set).length === 0 ? '' : `, requiring ${printConditions(set)}`
}

// Compares what an app receives and answers in two configurations: identity, credentials, header fields, Host, limits.

import { isDeepStrictEqual } from 'node:util'
import type { App } from '../configuration.ts'
import type { AppLimits, ConstantFields, ResponseFieldSettings } from '../forwarding-settings.ts'
import { printDuration, printSize } from '../units.ts'
import { printList } from './print-conditions.ts'

/** Lines without the name of the app. Values of header fields are never shown: they may be secrets. */
export function compareForwarding(was: App, is: App): string[] {
  const lines: string[] = []
  if (!isDeepStrictEqual(was.identityHeaders, is.identityHeaders)) {
    lines.push(`identity headers are ${printIdentity(is)} (before: ${printIdentity(was)})`)
  }
  if (!isDeepStrictEqual(was.authorization, is.authorization)) lines.push(authorizationChange(was, is))
  if (!isDeepStrictEqual(was.upstreamHost, is.upstreamHost)) {
    lines.push(`receives the Host ${printHost(is)} (before: ${printHost(was)})`)
  }
  lines.push(...compareFields(was.requestFields, is.requestFields, 'receives the header field'))
  lines.push(...compareResponses(was.responseFields, is.responseFields))
  return [...lines, ...compareLimits(was.limits ?? {}, is.limits ?? {})]
}

function printIdentity({ identityHeaders }: App): string {
  if (typeof identityHeaders === 'string') return identityHeaders
  return printList(identityHeaders.map(([name, attribute]) => `${name}: ${attribute}`))
}

function authorizationChange(was: App, is: App): string {
  const kind = is.authorization?.kind
  if (kind === undefined) return 'receives the Authorization of clients'
  if (kind === 'assertion') return 'receives the signed assertion as Authorization, in place of that of clients'
  const [before, after] = [was.authorization, is.authorization]
  const same = before?.kind === 'basic' && after?.kind === 'basic' && before.user === after.user
  if (same) return 'the password of the service account changed'
  return `receives the service account ${after?.kind === 'basic' ? after.user : ''} as Authorization, in place of that of clients`
}

function printHost({ upstreamHost = 'public' }: App): string {
  if (upstreamHost === 'public') return 'that clients ask for'
  return upstreamHost === 'upstream' ? 'of its own address' : upstreamHost.name
}

const noFields: ConstantFields = { names: [], values: [] }

function compareFields(was: ConstantFields = noFields, is: ConstantFields = noFields, verb: string): string[] {
  const before = new Map(was.names.map((name, i) => [name, was.values[i]]))
  const after = new Map(is.names.map((name, i) => [name, is.values[i]]))
  return [
    ...is.names.filter((name) => !before.has(name)).map((name) => `${verb} ${name}`),
    ...was.names.filter((name) => !after.has(name)).map((name) => `no longer ${verb} ${name}`),
    ...is.names
      .filter((name) => before.has(name) && before.get(name) !== after.get(name))
      .map((name) => `the value of the header field ${name} changed`),
  ]
}

const nothing: ResponseFieldSettings = { set: noFields, remove: [] }

function compareResponses(was: ResponseFieldSettings = nothing, is: ResponseFieldSettings = nothing): string[] {
  const only = (some: readonly string[], others: readonly string[]): string[] =>
    some.filter((name) => !others.includes(name))
  return [
    ...compareFields(was.set, is.set, 'answers with the header field'),
    ...only(is.remove, was.remove).map((name) => `its answers lose the header field ${name}`),
    ...only(was.remove, is.remove).map((name) => `its answers keep the header field ${name}`),
  ]
}

function compareLimits(was: AppLimits, is: AppLimits): string[] {
  const durations = [
    ['timeouts.connect', was.connect, is.connect],
    ['timeouts.headers', was.headers, is.headers],
    ['timeouts.idle', was.idle, is.idle],
  ] as const
  const sizes = [
    ['limits.upload', was.upload, is.upload],
    ['limits.headers', was.headerBytes, is.headerBytes],
  ] as const
  const size = (value: number | 'unlimited'): string => (value === 'unlimited' ? value : printSize(value))
  return [
    ...durations.flatMap(([key, before, after]) => change(key, before, after, printDuration)),
    ...sizes.flatMap(([key, before, after]) => change(key, before, after, size)),
  ]
}

function change<T>(key: string, before: T | undefined, after: T | undefined, print: (value: T) => string): string[] {
  if (before === after) return []
  const text = (value: T | undefined): string => (value === undefined ? 'that of the gateway' : print(value))
  return [`${key} is ${text(after)} (before: ${text(before)})`]
}

// What an attack is: bytes with what must come of them, or a check that plays a peer; and how it ends.

import type { Ground } from './environment.ts'

/** In the order of the report. */
export const classes = [
  'request-smuggling',
  'header-spoofing',
  'path-confusion',
  'host-confusion',
  'open-redirect',
  'oidc',
  'session',
  'csrf',
  'websocket',
  'policy',
  'device-posture',
  'ssrf-config',
  'error-page-xss',
  'log-injection',
  'cache-poisoning',
  'http2',
  'dos',
  'fail-closed-reliability',
] as const

export type AttackClass = (typeof classes)[number]

export interface AttackTable {
  readonly class: AttackClass
  readonly raw?: readonly RawAttack[]
  readonly checks?: readonly Check[]
}

/** Bytes sent over a fresh connection. */
export interface RawAttack {
  readonly name: string
  /** One character a byte. */
  readonly bytes: (ground: Ground) => string
  readonly expected: Expectation
}

/** Anything that takes more than one connection. Throws `NotHeld` when the gateway did not hold. */
export interface Check {
  readonly name: string
  /** Resolves with what is worth telling of how it held, if anything. */
  run(ground: Ground): Promise<string | void>
}

/** All that is given must hold. */
export interface Expectation {
  /** Of the first answer; 0: the connection was closed without one. */
  readonly status?: readonly number[]
  /** Of the second answer on the same connection. */
  readonly second?: readonly number[]
  readonly closed?: boolean
  /** Requests that reached the upstream; 1 when not given. */
  readonly atMost?: number
  /** Whatever began to reach the upstream never became a whole request there. */
  readonly cutShort?: boolean
  /** Names of fields that reached the upstream in no request. */
  readonly absent?: readonly string[]
  /** Texts that no field of a request at the upstream contains. */
  readonly absentValue?: readonly string[]
  /** Fields that each request at the upstream has exactly once. */
  readonly once?: readonly string[]
  readonly equal?: Readonly<Record<string, string>>
  /** `name` or `name: part of its value`, in the first answer. */
  readonly answers?: readonly string[]
  /** Texts that the first answer does not contain. */
  readonly silent?: readonly string[]
  /** No request that the most lenient reader takes for one of the closed area reached the upstream. */
  readonly closedArea?: boolean
  /** The same status as the plain request. */
  readonly likePlain?: boolean
  /** What reached the upstream is what the audit says was decided on. */
  readonly asDecided?: boolean
  /** Wherever the browser is sent, and at last ends, is ours or the provider's. */
  readonly ownHosts?: boolean
  readonly noSession?: boolean
  /** Every line of log and audit written meanwhile is one JSON object of printable characters. */
  readonly cleanLogs?: boolean
  /** Chunk sizes reached the upstream without extensions. */
  readonly plainChunks?: boolean
}

export class NotHeld extends Error {
  readonly code = 'not_held'
}

/** Something this machine does not have. */
export class NotApplicable extends Error {
  readonly code = 'not_applicable'
}

/** Throws with what was expected and what came instead. */
export function must(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new NotHeld(`expected ${expected}; came ${shown(came)}`)
}

export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 400 ? `${text.slice(0, 400)}...` : text
}

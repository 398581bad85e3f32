// Attack cases: raw bytes with the expected result, or a check that acts as a peer; and their outcome.

import type { Environment } from './environment.ts'

/** Attack classes, in the order of the report. */
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

export interface AttackSuite {
  readonly class: AttackClass
  readonly raw?: readonly RawAttack[]
  readonly checks?: readonly Check[]
}

/** Bytes sent over a new connection. */
export interface RawAttack {
  readonly name: string
  /** One character per byte. */
  readonly bytes: (ground: Environment) => string
  readonly expected: Expectation
}

/** An attack that takes more than one connection. Throws `NotHeld` when the gateway did not block it. */
export interface Check {
  readonly name: string
  /** Resolves with a remark for the report, if any. */
  run(ground: Environment): Promise<string | void>
}

/** Every given expectation must be met. */
export interface Expectation {
  /** Status of the first response; 0: closed without one. */
  readonly status?: readonly number[]
  /** Status of the second response on the same connection. */
  readonly second?: readonly number[]
  readonly closed?: boolean
  /** Requests that reached the upstream. Default: 1. */
  readonly atMost?: number
  /** No request was complete at the upstream. */
  readonly cutShort?: boolean
  /** Names of fields that no request at the upstream has. */
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
  /** No request at the upstream is for the protected area, even for the most permissive path parser. */
  readonly closedArea?: boolean
  /** The same status as the plain request. */
  readonly likePlain?: boolean
  /** The request at the upstream is the one the audit records as decided. */
  readonly asDecided?: boolean
  /** Every redirect target, and the final page, belongs to the gateway or the provider. */
  readonly ownHosts?: boolean
  readonly noSession?: boolean
  /** Every line of log and audit written meanwhile is one JSON object of printable characters. */
  readonly cleanLogs?: boolean
  /** Chunk sizes reached the upstream without extensions. */
  readonly plainChunks?: boolean
}

export class AttackSucceeded extends Error {
  readonly code = 'not_held'
}

/** A prerequisite that this machine lacks. */
export class NotApplicable extends Error {
  readonly code = 'not_applicable'
}

/** Throws with the expected and the actual value. */
export function must(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new AttackSucceeded(`expected ${expected}; came ${shown(came)}`)
}

export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 400 ? `${text.slice(0, 400)}...` : text
}

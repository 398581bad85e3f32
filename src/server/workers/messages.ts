// What a supervisor and its workers say to one another, over a channel nobody else can read.

import type { ListeningSocket } from '../../http/server/listener.ts'
import type { Answered } from '../management/api/routes.ts'
import type { LogLevel } from '../../telemetry/logger.ts'
import type { HealthStatus } from '../management/health.ts'

/** The configuration as the supervisor read and checked it: every worker sees the same bytes, whatever is on disk by then. */
export interface Snapshot {
  /** Absolute path of the main file. */
  readonly file: string
  /** By absolute path; also what secret references name. */
  readonly contents: ReadonlyMap<string, Buffer>
  /** Absolute paths of the files `include` named. */
  readonly included: readonly string[]
  /** Workers that share the limits. */
  readonly workers: number
}

export type ToWorker =
  /** Comes with a socket, before `start`. */
  | { readonly kind: 'socket'; readonly address: string }
  | { readonly kind: 'start'; readonly snapshot: Snapshot; readonly logLevel: LogLevel }
  | { readonly kind: 'ask'; readonly id: number; readonly question: WorkerQuery }
  /** Milliseconds. */
  | { readonly kind: 'stop'; readonly timeout: number }

export type WorkerQuery =
  | { readonly about: 'life' }
  | { readonly about: 'health' }
  | { readonly about: 'numbers' }
  | { readonly about: 'reload'; readonly snapshot: Snapshot }
  /** Its sockets come before the answer, each in a message of its own. */
  | { readonly about: 'sockets' }
  | {
      readonly about: 'administration'
      readonly method: string
      readonly path: string
      readonly input: Readonly<Record<string, unknown>>
    }

export interface WorkerQueryResults {
  readonly life: true
  readonly health: HealthStatus
  /** As `Metrics.json` gives them. */
  readonly numbers: unknown[]
  /** What was wrong, if anything was. */
  readonly reload: readonly string[]
  readonly sockets: true
  readonly administration: Answered
}

export type FromWorker =
  | { readonly kind: 'open'; readonly ports: readonly number[] }
  /** It could not start, and ends. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly kind: 'answer'; readonly id: number; readonly value: WorkerQueryResults[keyof WorkerQueryResults] }
  | { readonly kind: 'unanswered'; readonly id: number; readonly message: string; readonly code: string | undefined }
  /** Comes with a socket. */
  | { readonly kind: 'socket'; readonly address: string }
  /** It ends without having been told to: what is open is finished, nothing new is taken. */
  | { readonly kind: 'leaving' }
  /** Its numbers, as the last word. */
  | { readonly kind: 'last'; readonly numbers: unknown[] }

/** A raw handle goes over the channel as a `net.Socket` or `net.Server` would, without the stream around it. */
export type PassedSocket = ListeningSocket | undefined

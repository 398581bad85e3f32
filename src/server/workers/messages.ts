// IPC messages between the supervisor and its workers, over Node's channel for child processes.

import type { ListeningSocket } from '../../http/server/listener.ts'
import type { ApiResponse } from '../management/api/routes.ts'
import type { LogLevel } from '../../telemetry/logger.ts'
import type { HealthStatus } from '../management/health.ts'

/** The configuration as the supervisor read and validated it: every worker loads the same bytes, even if the disk has changed. */
export interface Snapshot {
  /** Absolute path of the main file. */
  readonly file: string
  /** By absolute path; including files that secret references name. */
  readonly contents: ReadonlyMap<string, Buffer>
  /** Absolute paths of the files that `include` matched. */
  readonly included: readonly string[]
  /** Number of workers that share the limits. */
  readonly workers: number
}

export type ToWorker =
  /** Carries a socket handle; sent before `start`. */
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
  /** Its sockets arrive before the answer, each in a message of its own. */
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
  /** As `Metrics.json` returns them. */
  readonly numbers: unknown[]
  /** Problems of the configuration; empty when it was applied. */
  readonly reload: readonly string[]
  readonly sockets: true
  readonly administration: ApiResponse
}

export type FromWorker =
  | { readonly kind: 'open'; readonly ports: readonly number[] }
  /** The worker could not start and exits. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly kind: 'answer'; readonly id: number; readonly value: WorkerQueryResults[keyof WorkerQueryResults] }
  | { readonly kind: 'unanswered'; readonly id: number; readonly message: string; readonly code: string | undefined }
  /** Carries a socket handle. */
  | { readonly kind: 'socket'; readonly address: string }
  /** The worker stops on its own: it drains open requests and accepts no new ones. */
  | { readonly kind: 'leaving' }
  /** Its final metrics, before it exits. */
  | { readonly kind: 'last'; readonly numbers: unknown[] }

/** A raw handle is sent over the channel like a `net.Socket` or `net.Server`, without the stream object around it. */
export type PassedSocket = ListeningSocket | undefined

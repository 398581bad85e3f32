// Number of worker processes that share the listeners, and why it is one although more were possible.

import { availableParallelism } from 'node:os'
import type { Configuration } from '../../config/configuration.ts'

export interface WorkerCount {
  readonly count: number
  /** Why `auto` came to one. */
  readonly why: string | undefined
}

/** What the platform allows. */
export interface Machine {
  readonly cores: number
  readonly platform: NodeJS.Platform
  /** This process may start others; Node's permission model forbids it by default. */
  readonly mayStart: boolean
}

/** Throws when the configuration asks for a number of workers that is not possible here. */
export function workerCount(
  { gateway, store }: Pick<Configuration, 'gateway' | 'store'>,
  machine: Machine = currentMachine(),
): WorkerCount {
  const { workers } = gateway
  if (workers === 1) return { count: 1, why: undefined }
  const obstacle = platformObstacle(machine)
  if (workers !== 'auto') {
    if (obstacle !== undefined) throw new Error(`gateway.workers: only one is possible here: ${obstacle}`)
    return { count: workers, why: undefined }
  }
  const why = unshareableReason({ gateway, store }) ?? obstacle
  if (why !== undefined) return { count: 1, why }
  return { count: machine.cores, why: machine.cores === 1 ? 'there is one core' : undefined }
}

/** The part of a configuration that several processes cannot share, if any. */
export function unshareableReason({ gateway, store }: Pick<Configuration, 'gateway' | 'store'>): string | undefined {
  if (store.kind !== 'redis') return `the store ${store.kind}: is for one process only; several need Redis`
  return gateway.listen.some(({ port }) => port === 0) ? 'port 0 cannot be shared' : undefined
}

/** SO_REUSEPORT distributes new connections among processes on Linux only. */
function platformObstacle({ platform, mayStart }: Machine): string | undefined {
  if (platform !== 'linux') return 'processes can share a port on Linux only'
  return mayStart ? undefined : 'this process may start no others (--permission without --allow-child-process)'
}

function currentMachine(): Machine {
  return {
    cores: availableParallelism(),
    platform: process.platform,
    mayStart: process.permission?.has('child') ?? true,
  }
}

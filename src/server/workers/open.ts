// Starts the gateway the way the configuration asks for: in this process alone, or with workers under a supervisor.

import { loadConfiguration, type Loaded } from '../../config/load/load.ts'
import { printProblem } from '../../config/load/problem.ts'
import { installedVersions, outdatedComponents, versionWarnings } from '../management/minimum-versions.ts'
import type { Gateway, GatewayOptions, StartResult } from '../start-gateway.ts'
import { workerCount } from './worker-count.ts'
import { takeSnapshot } from './config-snapshot.ts'

export interface OpenedGateway extends Gateway {
  readonly workers: number
  /** Why there is one worker, where nobody asked for one. */
  readonly oneWorker: string | undefined
  /** Resolves when going on is of no use: stop it. */
  readonly fatalError: Promise<Error>
}

/** Rejects when a part cannot start; nothing is left running then. */
export async function openGateway(
  options: Pick<GatewayOptions, 'file' | 'env' | 'logLevel'>,
): Promise<StartResult<OpenedGateway>> {
  const taken = await takeSnapshot(options.file, options.env)
  const { loaded } = taken
  if (loaded.state === 'valid') {
    const { count, why } = workerCount(loaded.configuration)
    if (count === 1) return startSingleProcess(options, loaded, why)
    const { supervise } = await import('./supervisor.ts')
    const gateway = await supervise(options, { ...taken, loaded }, count)
    const warnings = [
      ...loaded.warnings.map((one) => printProblem({ ...one, message: `warning: ${one.message}` })),
      ...versionWarnings(outdatedComponents(installedVersions())).map((one) => `warning: ${one}`),
    ]
    return { state: 'started', gateway: { ...gateway, oneWorker: undefined }, warnings }
  }
  return startSingleProcess(options, loaded, undefined)
}

/** What is wrong with the configuration is told from there as well. */
async function startSingleProcess(
  options: Pick<GatewayOptions, 'file' | 'env' | 'logLevel'>,
  first: Loaded,
  oneWorker: string | undefined,
): Promise<StartResult<OpenedGateway>> {
  const { startGateway } = await import('../start-gateway.ts')
  const { file, env } = options
  const read = [first]
  const load = async (): Promise<Loaded> => read.pop() ?? loadConfiguration({ file, env })
  const started = await startGateway({ ...options, load, oneWorker })
  if (started.state === 'refused') return started
  // It does without others, and nothing but its own end ends it.
  const fatalError = new Promise<Error>(() => {})
  return { ...started, gateway: { ...started.gateway, workers: 1, oneWorker, fatalError } }
}

// Starts the gateway: in this process alone, or as a supervisor with workers, as the configuration asks.

import { loadConfiguration, type Loaded } from '../../config/load/load.ts'
import { printProblem } from '../../config/load/problem.ts'
import { unusableFiles } from '../files/unusable-files.ts'
import { installedVersions, outdatedComponents, versionWarnings } from '../management/minimum-versions.ts'
import type { Gateway, GatewayOptions, StartResult } from '../start-gateway.ts'
import { workerCount } from './worker-count.ts'
import { takeSnapshot } from './config-snapshot.ts'

export interface OpenedGateway extends Gateway {
  readonly workers: number
  /** Why there is one worker although the configuration does not ask for one. */
  readonly oneWorker: string | undefined
  /** Resolves when the gateway cannot continue; the caller must stop it. */
  readonly fatalError: Promise<Error>
}

/** Rejects when a component cannot start; nothing is left running then. */
export async function openGateway(
  options: Pick<GatewayOptions, 'file' | 'env' | 'logLevel'>,
): Promise<StartResult<OpenedGateway>> {
  const taken = await takeSnapshot(options.file, options.env)
  const { loaded } = taken
  if (loaded.state === 'valid') {
    // With file and line, as `check` says them; what remains is found when the components open them.
    const unusable = (await unusableFiles(loaded.configuration)).filter(({ weight }) => weight === 'problem')
    if (unusable.length > 0) {
      const problems = unusable.map(({ path, why }) => printProblem(loaded.locate(path, why)))
      return { state: 'refused', problems, warnings: [] }
    }
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

/** Also reports the problems of an invalid configuration. */
async function startSingleProcess(
  options: Pick<GatewayOptions, 'file' | 'env' | 'logLevel'>,
  first: Loaded,
  oneWorker: string | undefined,
): Promise<StartResult<OpenedGateway>> {
  const { startGateway } = await import('../start-gateway.ts')
  const { file, env } = options
  const initial = [first]
  const load = async (): Promise<Loaded> => initial.pop() ?? loadConfiguration({ file, env })
  const started = await startGateway({ ...options, load, oneWorker })
  if (started.state === 'refused') return started
  // There are no workers that could fail: never resolves.
  const fatalError = new Promise<Error>(() => {})
  return { ...started, gateway: { ...started.gateway, workers: 1, oneWorker, fatalError } }
}

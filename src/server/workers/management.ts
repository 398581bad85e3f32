// Management listeners that can move to another address while the gateway runs: prepare, then commit or roll back.

import { isDeepStrictEqual } from 'node:util'
import type { GatewaySettings } from '../../config/configuration.ts'
import { openManagementListeners, type ManagementApi } from '../management/management-listeners.ts'
import { stopAll } from '../lifecycle.ts'
import type { Logger } from '../../telemetry/logger.ts'

type ListenerSettings = Pick<GatewaySettings, 'operations' | 'adminSocket'>

/** A prepared change, to be committed or rolled back. */
export interface PreparedChange {
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
}

export interface MovableListeners {
  readonly operationsPort: () => number | undefined
  /** Opens the listeners whose address changed; `commit` closes the previous ones. Rejects when one cannot be opened. */
  prepare(settings: ListenerSettings): Promise<PreparedChange>
  close(): Promise<void>
}

/** Opens nothing until the first `prepare`. */
export function createManagementListeners(api: ManagementApi, log: Logger): MovableListeners {
  const noListeners: ListenerSettings = { operations: undefined, adminSocket: undefined }
  let current = noListeners
  let operationsPort: number | undefined
  const open: Record<keyof ListenerSettings, (() => unknown)[]> = { operations: [], adminSocket: [] }

  return {
    operationsPort: () => operationsPort,
    async prepare(settings) {
      const moved = (['operations', 'adminSocket'] as const).filter(
        (listener) => !isDeepStrictEqual(current[listener], settings[listener]),
      )
      const opened: typeof open = { operations: [], adminSocket: [] }
      const rollback = async (): Promise<void> => void (await Promise.all(Object.values(opened).map(stopAll)))
      let port = operationsPort
      try {
        for (const listener of moved) {
          const { operationsPort } = await openManagementListeners(
            { ...noListeners, [listener]: settings[listener] },
            api,
            log,
            opened[listener],
          )
          if (listener === 'operations') port = operationsPort
        }
      } catch (error) {
        await rollback()
        throw error
      }
      return {
        rollback,
        async commit() {
          current = settings
          operationsPort = port
          for (const listener of moved) {
            await stopAll(open[listener])
            open[listener] = opened[listener]
          }
        },
      }
    },
    async close() {
      await Promise.all(Object.values(open).map(stopAll))
    },
  }
}

// The doors for operating, where they may move while the gateway is open.

import { isDeepStrictEqual } from 'node:util'
import type { GatewaySettings } from '../../config/configuration.ts'
import { openManagementListeners, type ManagementApi } from '../management/management-listeners.ts'
import { stopAll } from '../lifecycle.ts'
import type { Logger } from '../../telemetry/logger.ts'

type ListenerSettings = Pick<GatewaySettings, 'operations' | 'adminSocket'>

/** What was made ready, and waits to be used or dropped. */
export interface PreparedListeners {
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
}

export interface MovableListeners {
  readonly operationsPort: () => number | undefined
  /** Opens what is elsewhere than now; what was there before is closed when it is used. Rejects when it cannot. */
  prepare(where: ListenerSettings): Promise<PreparedListeners>
  close(): Promise<void>
}

/** None is open yet. */
export function createManagementListeners(api: ManagementApi, log: Logger): MovableListeners {
  const noListeners: ListenerSettings = { operations: undefined, adminSocket: undefined }
  let current = noListeners
  let operationsPort: number | undefined
  const open: Record<keyof ListenerSettings, (() => unknown)[]> = { operations: [], adminSocket: [] }

  return {
    operationsPort: () => operationsPort,
    async prepare(settings) {
      const moved = (['operations', 'adminSocket'] as const).filter(
        (door) => !isDeepStrictEqual(current[door], settings[door]),
      )
      const opened: typeof open = { operations: [], adminSocket: [] }
      const rollback = async (): Promise<void> => void (await Promise.all(Object.values(opened).map(stopAll)))
      let port = operationsPort
      try {
        for (const door of moved) {
          const { operationsPort } = await openManagementListeners(
            { ...noListeners, [door]: settings[door] },
            api,
            log,
            opened[door],
          )
          if (door === 'operations') port = operationsPort
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
          for (const door of moved) {
            await stopAll(open[door])
            open[door] = opened[door]
          }
        },
      }
    },
    async close() {
      await Promise.all(Object.values(open).map(stopAll))
    },
  }
}

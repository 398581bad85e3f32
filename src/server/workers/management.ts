// The doors for operating, where they may move while the gateway is open.

import { isDeepStrictEqual } from 'node:util'
import type { GatewaySettings } from '../../config/configuration.ts'
import { openDoors, type Inside } from '../management/management-listeners.ts'
import { undo } from '../lifecycle.ts'
import type { Logger } from '../../telemetry/logger.ts'

type Where = Pick<GatewaySettings, 'operations' | 'adminSocket'>

/** What was made ready, and waits to be used or dropped. */
export interface Prepared {
  readonly use: () => Promise<void>
  readonly drop: () => Promise<void>
}

export interface Doors {
  readonly operationsPort: () => number | undefined
  /** Opens what is elsewhere than now; what was there before is closed when it is used. Rejects when it cannot. */
  prepare(where: Where): Promise<Prepared>
  close(): Promise<void>
}

/** None is open yet. */
export function createDoors(inside: Inside, log: Logger): Doors {
  const nowhere: Where = { operations: undefined, adminSocket: undefined }
  let now = nowhere
  let operationsPort: number | undefined
  const open: Record<keyof Where, (() => unknown)[]> = { operations: [], adminSocket: [] }

  return {
    operationsPort: () => operationsPort,
    async prepare(where) {
      const moved = (['operations', 'adminSocket'] as const).filter(
        (door) => !isDeepStrictEqual(now[door], where[door]),
      )
      const opened: typeof open = { operations: [], adminSocket: [] }
      const drop = async (): Promise<void> => void (await Promise.all(Object.values(opened).map(undo)))
      let port = operationsPort
      try {
        for (const door of moved) {
          const { operationsPort } = await openDoors({ ...nowhere, [door]: where[door] }, inside, log, opened[door])
          if (door === 'operations') port = operationsPort
        }
      } catch (error) {
        await drop()
        throw error
      }
      return {
        drop,
        async use() {
          now = where
          operationsPort = port
          for (const door of moved) {
            await undo(open[door])
            open[door] = opened[door]
          }
        },
      }
    },
    async close() {
      await Promise.all(Object.values(open).map(undo))
    },
  }
}

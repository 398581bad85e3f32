// Opens the two management listeners: operations (metrics and health checks over HTTP) and the admin socket.

import type { GatewaySettings } from '../../config/configuration.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { openAdminSocket } from './admin-socket.ts'
import type { ManagementHandler } from './api/routes.ts'
import { listenError } from '../listen-error.ts'
import { openOperationsListener, type OperationsSources } from './operations-listener.ts'

/** Management operations of a running gateway: metrics, health and the admin API. */
export interface ManagementApi extends OperationsSources {
  readonly administer: ManagementHandler
  /** `gateway.time_zone` of the active configuration. */
  readonly timeZone: () => string
}

export interface OpenManagementListeners {
  /** Undefined when the operations listener is disabled. */
  readonly operationsPort: number | undefined
}

/** A listener already open is in `started`, also when this rejects for the other one. */
export async function openManagementListeners(
  { operations, adminSocket }: Pick<GatewaySettings, 'operations' | 'adminSocket'>,
  api: ManagementApi,
  log: Logger,
  started: (() => unknown)[],
): Promise<OpenManagementListeners> {
  const operationsListener =
    operations &&
    (await openOperationsListener(operations, api).catch((cause: unknown) => {
      throw listenError('gateway.operations', operations, cause)
    }))
  if (operationsListener !== undefined) started.push(() => operationsListener.close())
  if (adminSocket !== undefined) started.push(await openAdminSocket(adminSocket, api.administer, api.timeZone, log))
  return { operationsPort: operationsListener?.port }
}

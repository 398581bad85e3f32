// The two doors for whoever operates the gateway: the operations listener and the admin socket.

import type { GatewaySettings } from '../../config/configuration.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { openAdminSocket } from './admin-socket.ts'
import type { Administer } from './api/routes.ts'
import { cannotListen } from '../listen-error.ts'
import { openOperations, type OperationsParts } from './operations-listener.ts'

/** What may be asked of a running gateway. */
export interface Inside extends OperationsParts {
  readonly administer: Administer
}

export interface OpenedDoors {
  /** Undefined when it is turned off. */
  readonly operationsPort: number | undefined
}

/** Those that are open are in `started`, also when this rejects for the other one. */
export async function openDoors(
  { operations, adminSocket }: Pick<GatewaySettings, 'operations' | 'adminSocket'>,
  inside: Inside,
  log: Logger,
  started: (() => unknown)[],
): Promise<OpenedDoors> {
  const operating =
    operations &&
    (await openOperations(operations, inside).catch((cause: unknown) => {
      throw cannotListen('gateway.operations', operations, cause)
    }))
  if (operating !== undefined) started.push(() => operating.close())
  if (adminSocket !== undefined) started.push(await openAdminSocket(adminSocket, inside.administer, log))
  return { operationsPort: operating?.port }
}

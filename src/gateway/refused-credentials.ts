// Logs that an application refused the credentials that Einlass sent for it (`headers.authorization`).

import type { Dependencies } from './dependencies.ts'
import type { AppRequest } from './record.ts'

/** `status` of the application. Its challenge is not passed on: what a person would type is removed from requests. */
export function reportRefusedCredentials(
  { log }: Pick<Dependencies, 'log'>,
  { request, target }: Pick<AppRequest, 'request' | 'target'>,
  status: number,
): void {
  const { name, authorization } = target.app.config
  if (status !== 401 || authorization === undefined) return
  log.warn(
    { request: request.id, app: name, setting: `apps.${name}.headers.authorization`, sent: authorization.kind },
    'the application refused the credentials sent for it: 401',
  )
}

// `/admin/external`: the register of external access as page, CSV and JSON, for the roles in `console`.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { forViewers } from './for-viewers.ts'
import { filterOf } from './external-filter.ts'
import { externalPage } from './external-page.ts'
import { fieldsOf } from '../kit/form.ts'
import { json, reply, type PageRequest, type Reply } from '../kit/reply.ts'
import { navigationOf } from '../kit/current-page.ts'
import { externalCsv } from '../../grants/external/csv.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

export async function external(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return forViewers(deps, request, async (session) =>
    externalPage(request, {
      session,
      nav: navigationOf(deps, session, 'external'),
      lines: await deps.external(),
      filter: filterOf(request.query),
      page: fieldsOf(request.query)('page'),
      timeZone: timeZoneOf(deps, session),
      now: deps.now(),
    }),
  )
}

/** `/admin/external.csv` */
export async function externalAsCsv(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return forViewers(deps, request, async (session) => {
    const day = Temporal.Instant.fromEpochMilliseconds(deps.now())
      .toZonedDateTimeISO(timeZoneOf(deps, session))
      .toPlainDate()
    const headers = ['Content-Type', 'text/csv; charset=utf-8; header=present']
    const name = ['Content-Disposition', `attachment; filename="external-access-${day}.csv"`]
    return reply(request, 200, [...headers, ...name], externalCsv(await deps.external()))
  })
}

/** `/admin/external.json` */
export async function externalAsJson(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return forViewers(deps, request, async () => json(request, 200, { external: await deps.external() }))
}

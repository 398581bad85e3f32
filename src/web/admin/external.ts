// `/admin/external`: the register of external access as a page, CSV and JSON, for those `console.roles` names.

import { consoleRole } from './roles.ts'
import { detour } from '../sign-in/step-up.ts'
import { externalPage } from './external-page.ts'
import { notFound } from '../errors/error-pages.ts'
import { json, reply, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { navOf } from '../kit/current-page.ts'
import { externalCsv } from '../../grants/external/csv.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebParts } from '../kit/dependencies.ts'

export async function external(parts: WebParts, request: PageRequest): Promise<Reply> {
  return forViewers(parts, request, async (session) =>
    externalPage(request, {
      session,
      nav: navOf(parts, session, 'external'),
      lines: await parts.external(),
      timeZone: parts.timeZone,
      now: parts.now(),
    }),
  )
}

/** `/admin/external.csv` */
export async function externalAsCsv(parts: WebParts, request: PageRequest): Promise<Reply> {
  return forViewers(parts, request, async () => {
    const day = Temporal.Instant.fromEpochMilliseconds(parts.now()).toZonedDateTimeISO(parts.timeZone).toPlainDate()
    const headers = ['Content-Type', 'text/csv; charset=utf-8; header=present']
    const name = ['Content-Disposition', `attachment; filename="external-access-${day}.csv"`]
    return reply(request, 200, [...headers, ...name], externalCsv(await parts.external()))
  })
}

/** `/admin/external.json` */
export async function externalAsJson(parts: WebParts, request: PageRequest): Promise<Reply> {
  return forViewers(parts, request, async () => json(request, 200, { external: await parts.external() }))
}

async function forViewers(
  parts: WebParts,
  request: PageRequest,
  show: (session: Session) => Promise<Reply>,
): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: request.path })
  return consoleRole(parts, session.subject) === undefined ? notFound(request) : show(session)
}

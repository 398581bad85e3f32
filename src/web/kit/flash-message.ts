// Flash message after Post/Redirect/Get: its code travels in the query and is honoured only on same-origin navigation.

import { fieldsOf } from './form.ts'
import { redirect, type PageRequest, type Reply } from './reply.ts'

/** Post/Redirect/Get: 303 to `path`, so that reloading does not submit the form again. `notice`: message code. */
export function redirectBack(request: PageRequest, path: string, notice: string): Reply {
  return redirect(request, `${path}?said=${encodeURIComponent(notice)}`)
}

/**
 * Message code set by `redirectBack`. A link in a mail could carry one as well and make the page state something false,
 * so it is ignored unless the navigation is same-origin (Fetch Metadata, `Sec-Fetch-Site`).
 */
export function flashMessageOf(request: PageRequest): string | undefined {
  const site = request.header('sec-fetch-site')
  return site === undefined || site === 'same-origin' ? fieldsOf(request.query)('said') : undefined
}

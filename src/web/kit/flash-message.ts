// What a page says after a form of ours was sent: named in the query, worded by the page, believed only from ourselves.

import { fieldsOf } from './form.ts'
import { redirect, type PageRequest, type Reply } from './reply.ts'

/** After a POST: the page is loaded by GET, so that loading it again sends nothing again. */
export function redirectBack(request: PageRequest, path: string, notice: string): Reply {
  return redirect(request, `${path}?said=${encodeURIComponent(notice)}`)
}

/**
 * The notice a redirect of ours brought. A link in a mail could name one as well and make our page say what is not so:
 * browsers tell where a request began (Fetch Metadata), and then it is not believed.
 */
export function flashMessageOf(request: PageRequest): string | undefined {
  const app = request.header('sec-fetch-site')
  return app === undefined || app === 'same-origin' ? fieldsOf(request.query)('said') : undefined
}

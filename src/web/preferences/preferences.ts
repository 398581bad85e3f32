// `POST /.einlass/language` and `/.einlass/refresh` on every host: keeps what a person prefers in cookies of that host.

import { languages } from '../../policy/messages/locale.ts'
import { badForm } from '../errors/error-pages.ts'
import { ownOrigin } from '../kit/app-home.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { readForm, type Fields } from '../kit/form.ts'
import { allowRefresh, refuseRefresh, rememberLanguage } from '../kit/preference-cookies.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'

/** Field `language`: `en` or `de`. */
export async function chooseLanguage(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return keep(deps, request, matched, (fields) => {
    const chosen = languages.find((one) => one === fields('language'))
    return chosen && rememberLanguage(chosen)
  })
}

/** Field `refresh`: `off`, or `on`. */
export async function chooseRefresh(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return keep(deps, request, matched, (fields) => (fields('refresh') === 'off' ? refuseRefresh() : allowRefresh()))
}

/** Post/Redirect/Get: back to the page of this host with the form, as the browser names it in `Referer`. */
async function keep(
  deps: WebDependencies,
  request: PageRequest,
  { app }: RouteMatch,
  cookieOf: (fields: Fields) => string | undefined,
): Promise<Reply> {
  const origin = app === undefined ? deps.config().gateway.origin : ownOrigin(request)
  const form = await readForm(request, origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const cookie = cookieOf(form.fields)
  const page = URL.parse(request.header('referer') ?? '')
  const known = page?.origin === origin && page.pathname !== request.path
  // The origin is written out, so that a path like `//elsewhere` stays one of this host.
  const back = origin + (known ? page.pathname + page.search : '/')
  return redirect(request, back, setCookies(cookie === undefined ? [] : [cookie]))
}

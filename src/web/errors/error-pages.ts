// Error responses other than policy denials: a page for browsers, problem details (RFC 9457) for programs.

import { html, type Content } from '../kit/html.ts'
import { message, type Action, type Message } from '../kit/layout.ts'
import { words, type ErrorParameters, type Kind, type Words } from './error-messages.ts'
import { problem } from '../kit/problem-details.ts'
import { signInChallenge } from '../kit/sign-in-challenge.ts'
import { isMailAddress, ownerLine } from './owner-line.ts'
import { language, page, type Requester, type Reply } from '../kit/reply.ts'
import type { Icon } from '../kit/icons.ts'
import type { Decision } from '../../policy/decision.ts'
import { reasonCodes } from '../../policy/reasons.ts'

/** 404 on a configured host. `home`: absolute URL or path of the portal. */
export function notFound(requester: Requester, home = '/'): Reply {
  return errorPage(requester, 'not_found', { actions: (say) => [{ label: say.home, href: home }] })
}

/** Unknown host, or wrong host for this connection (421, RFC 9110 section 15.5.20). Reveals no configured host and no name. */
export function unknownHost(requester: Requester, status: 404 | 421 = 404): Reply {
  return errorPage({ ...requester, face: undefined }, 'host_unknown', { status, alone: true })
}

/** `allow`: supported methods, for the Allow field that RFC 9110 section 15.5.6 requires. */
export function methodNotAllowed(requester: Requester, allow: readonly string[]): Reply {
  return errorPage(requester, 'method_not_allowed', { headers: ['Allow', allow.join(', ')] })
}

/** 501: the app does not accept this method; names the setting that would change it. `method`: a token. */
export function methodNotAccepted(
  requester: Requester,
  method: string,
  app: AppContact & { readonly name: string },
): Reply {
  return errorPage(requester, 'method_not_accepted', {
    name: app.title,
    owner: app.owner,
    parameters: { method, key: `apps.${app.name}.methods` },
    actions: (say) => writeToOwner(requester, app, say),
  })
}

/** Malformed or ambiguous request, rejected before routing. */
export function badRequest(requester: Requester, status: 400 | 408 | 413 | 414 | 417 | 426 | 431 | 501 = 400): Reply {
  return errorPage(requester, 'bad_request', { status, alone: true })
}

/**
 * 400: an octet of the target that is never forwarded, or (`ambiguous`) not where the app's rules look at paths. `octet`: its
 * name of a closed set, never received text.
 */
export function badTarget(requester: Requester, octet: string, ambiguous: boolean): Reply {
  return errorPage(requester, ambiguous ? 'ambiguous_path' : 'bad_target', { name: octet, alone: true })
}

/**
 * 431: the cookies of this site exceed their limit. They are cleared, those of the parent domain as well (Clear-Site-Data
 * section 4.2.3), because nothing else would ever let this browser in again; `href=""` is the same address.
 */
export function tooManyCookies(requester: Requester): Reply {
  return errorPage(requester, 'too_many_cookies', {
    alone: true,
    headers: ['Clear-Site-Data', '"cookies"'],
    actions: (say) => [{ label: say.again, href: '' }],
  })
}

/** The key of a limit that was exceeded, and its present value; for signed-in users only. */
interface ExceededSetting {
  readonly key: string
  readonly value: string
}

/** 413: the body exceeds the limit and is no longer forwarded (RFC 9110 section 15.5.14). */
export function tooLarge(requester: Requester, setting?: ExceededSetting): Reply {
  return errorPage(requester, 'too_large', { setting })
}

/** A form post that failed the CSRF check (`foreign`) or could not be parsed. */
export function badForm(requester: Requester, why: 'foreign' | 'malformed'): Reply {
  return why === 'malformed'
    ? errorPage(requester, 'bad_request', {})
    : errorPage(requester, 'foreign_form', { actions: (say) => [{ label: say.home, href: '/' }] })
}

/** The upstream did not answer (502), or not in time (504). `again`: absolute URL of the page, if retrying is safe. */
export function upstreamUnavailable(
  requester: Requester,
  status: 502 | 504,
  app: AppContact,
  again: string | undefined,
  setting?: ExceededSetting,
): Reply {
  return errorPage(requester, status === 502 ? 'bad_gateway' : 'gateway_timeout', {
    name: app.title,
    setting,
    owner: app.owner,
    waits: again !== undefined,
    headers: ['Retry-After', '30'],
    actions: (say) => [
      ...(again === undefined ? [] : [{ label: say.again, href: again }]),
      ...writeToOwner(requester, app, say),
    ],
  })
}

/** 431 of the upstream, without an explanation of its own: the identity and cookies of this user exceed what it accepts. */
export function headersRefused(requester: Requester, app: AppContact): Reply {
  return errorPage(requester, 'headers_refused', {
    name: app.title,
    owner: app.owner,
    actions: (say) => writeToOwner(requester, app, say),
  })
}

/** 503: the store is unreachable, so access is denied (fail closed). `again`: URL or path, if retrying is safe. */
export function unavailable(requester: Requester, again: string | undefined): Reply {
  return errorPage(requester, 'store_unreachable', {
    waits: again !== undefined,
    headers: ['Retry-After', '10'],
    actions: (say) => (again === undefined ? [] : [{ label: say.again, href: again }]),
  })
}

/** 500 for an unexpected error; the log has it under the request id. */
export function internalServerError(requester: Requester): Reply {
  return errorPage(requester, 'incident', { alone: true })
}

/**
 * 401: a form was submitted without a session. Nothing of it is kept; the browser has it, and sends it again when the page is
 * reloaded. `ended`: there was a session, as the browser's cookie says. `signIn`: comes back to `/.einlass/signed-in`.
 */
export function sessionEnded(
  requester: Requester,
  app: { readonly title: string },
  signIn: string,
  headers: readonly string[],
  ended = true,
): Reply {
  return errorPage(requester, ended ? 'session_ended' : 'not_signed_in', {
    name: app.title,
    headers: [...signInChallenge(signIn), ...headers],
    signIn,
    actions: (say) => [{ label: say.signInTab, href: signIn, newTab: true }],
  })
}

/** 401 in a frame of another site, where no sign-in can end: a link that opens the page in a tab. */
export function frameOfOtherSite(
  requester: Requester,
  app: { readonly title: string; readonly origin: string },
  wanted: string | undefined,
): Reply {
  return errorPage(requester, 'frame_of_other_site', {
    name: app.title,
    headers: signInChallenge(wanted),
    actions: (say) => [{ label: say.open(app.title), href: wanted ?? `${app.origin}/`, newTab: true }],
  })
}

export type UnsendableForm = 'form_too_large' | 'form_type' | 'form_unreadable' | 'form_busy'

/** 413, 415, 400, 503: a form of another site that no page of ours can send again. */
export function formNotPassedOn(
  requester: Requester,
  why: UnsendableForm,
  app: { readonly title: string; readonly origin: string },
): Reply {
  return errorPage(requester, why, {
    name: app.title,
    headers: why === 'form_busy' ? ['Retry-After', '5'] : [],
    actions: (say) => (why === 'form_busy' ? [] : [{ label: say.open(app.title), href: `${app.origin}/` }]),
  })
}

export function mailto(address: string, subject: string, body: string): string {
  const fields = [
    `subject=${encodeURIComponent(subject)}`,
    ...(body === '' ? [] : [`body=${encodeURIComponent(body)}`]),
  ]
  return `mailto:${encodeURIComponent(address).replace('%40', '@')}?${fields.join('&')}`
}

interface AppContact {
  readonly title: string
  readonly owner: string | undefined
}

/** A button where the owner is an e-mail address. */
function writeToOwner(requester: Requester, { title, owner }: AppContact, say: Words): readonly Action[] {
  if (owner === undefined || !isMailAddress(owner)) return []
  return [{ label: say.owner, href: mailto(owner, `${title} (${requester.id})`, '') }]
}

interface Options {
  readonly status?: number
  readonly name?: string
  readonly parameters?: ErrorParameters
  readonly headers?: readonly string[]
  readonly alone?: boolean
  readonly signIn?: string
  readonly setting?: ExceededSetting | undefined
  readonly actions?: (say: Words) => readonly Action[]
  /** Contact of the app. */
  readonly owner?: string | undefined
  /** What failed may work again at the same address: the page loads itself again. */
  readonly waits?: boolean
}

function errorPage(requester: Requester, kind: Kind, options: Options): Reply {
  const say = words[language(requester)]
  const about = say.kinds[kind]
  const { icon, tone } = kinds[kind]
  const status = options.status ?? kinds[kind].status
  const { setting } = options
  const lead = [
    ...about.lead(options.name ?? '', options.parameters ?? {}),
    ...(setting === undefined ? [] : [say.setting(setting.key, setting.value)]),
  ]
  if (!requester.navigation) {
    return problem(
      requester,
      {
        status,
        code: kind,
        title: about.heading,
        detail: lead.join(' '),
        signIn: options.signIn,
        setting: setting?.key,
        decision: reasonOf(kind),
      },
      options.headers,
    )
  }
  const main = message({
    icon,
    tone,
    heading: about.heading,
    lead: lead.map((paragraph): Content => html`<p>${paragraph}</p>`),
    actions: options.actions?.(say),
    contact: ownerLine(options.owner, language(requester)),
  })
  const { alone: selfContained, waits = false } = options
  return page(requester, status, { title: about.heading, main, selfContained, help: true, waits }, options.headers)
}

/** Some error kinds are reason codes as well; programs find them in `reasons`. */
function reasonOf(kind: Kind): Pick<Decision, 'reasons' | 'remedy'> | undefined {
  const code =
    kind === 'bad_target' || kind === 'ambiguous_path' ? 'bad_request' : reasonCodes.find((one) => one === kind)
  return code && { reasons: [{ code, parameters: {} }], remedy: undefined }
}

export const kinds: Readonly<Record<Kind, { status: number; icon: Icon; tone: Message['tone'] }>> = {
  not_found: { status: 404, icon: 'compass', tone: 'calm' },
  host_unknown: { status: 404, icon: 'compass', tone: 'calm' },
  method_not_allowed: { status: 405, icon: 'alert', tone: 'wait' },
  method_not_accepted: { status: 501, icon: 'alert', tone: 'wait' },
  bad_request: { status: 400, icon: 'alert', tone: 'wait' },
  bad_target: { status: 400, icon: 'alert', tone: 'wait' },
  ambiguous_path: { status: 400, icon: 'alert', tone: 'wait' },
  too_large: { status: 413, icon: 'alert', tone: 'wait' },
  too_many_cookies: { status: 431, icon: 'alert', tone: 'wait' },
  headers_refused: { status: 431, icon: 'alert', tone: 'wait' },
  foreign_form: { status: 403, icon: 'lock', tone: 'wait' },
  bad_gateway: { status: 502, icon: 'plug', tone: 'wait' },
  gateway_timeout: { status: 504, icon: 'clock', tone: 'wait' },
  store_unreachable: { status: 503, icon: 'plug', tone: 'wait' },
  incident: { status: 500, icon: 'alert', tone: 'stop' },
  session_ended: { status: 401, icon: 'clock', tone: 'wait' },
  not_signed_in: { status: 401, icon: 'person', tone: 'wait' },
  frame_of_other_site: { status: 401, icon: 'compass', tone: 'calm' },
  form_too_large: { status: 413, icon: 'alert', tone: 'wait' },
  form_type: { status: 415, icon: 'alert', tone: 'wait' },
  form_unreadable: { status: 400, icon: 'alert', tone: 'wait' },
  form_busy: { status: 503, icon: 'clock', tone: 'wait' },
}

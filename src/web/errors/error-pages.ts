// Answers where something went wrong that no policy decided: a page for people, a problem document for programs.

import { html, type Content } from '../kit/html.ts'
import { message, type Action, type Message } from '../kit/layout.ts'
import { words, type Kind, type Words } from './error-messages.ts'
import { problem } from '../kit/problem-details.ts'
import { language, page, type Requester, type Reply } from '../kit/reply.ts'
import type { Icon } from '../kit/icons.ts'
import type { Decision } from '../../policy/decision.ts'
import { reasonCodes } from '../../policy/reasons.ts'

/** Nothing here, on a host of ours. `home`: absolute URL or path of the portal. */
export function notFound(requester: Requester, home = '/'): Reply {
  return errorPage(requester, 'not_found', { actions: (say) => [{ label: say.home, href: home }] })
}

/** A host we do not serve, or not on this connection (421, RFC 9110 section 15.5.20). Says nothing about those we do. */
export function unknownHost(requester: Requester, status: 404 | 421 = 404): Reply {
  return errorPage(requester, 'host_unknown', { status, alone: true })
}

/** `allow`: methods this address has, for the field RFC 9110 section 15.5.6 demands. */
export function methodNotAllowed(requester: Requester, allow: readonly string[]): Reply {
  return errorPage(requester, 'method_not_allowed', { headers: ['Allow', allow.join(', ')] })
}

/** The request cannot be read without doubt; it never reached routing. */
export function badRequest(requester: Requester, status: 400 | 408 | 413 | 414 | 417 | 431 | 501 = 400): Reply {
  return errorPage(requester, 'bad_request', { status, alone: true })
}

/** The upload is larger than it may be: nothing more of it is passed on (RFC 9110 section 15.5.14). */
export function tooLarge(requester: Requester): Reply {
  return errorPage(requester, 'too_large', {})
}

/** A form that is not from a page of ours, or not a form. */
export function badForm(requester: Requester, why: 'foreign' | 'malformed'): Reply {
  return why === 'malformed'
    ? errorPage(requester, 'bad_request', {})
    : errorPage(requester, 'foreign_form', { actions: (say) => [{ label: say.home, href: '/' }] })
}

/** The app did not answer (502), or not in time (504). `again`: absolute URL of the page, for a page that was only read. */
export function upstreamUnavailable(
  requester: Requester,
  status: 502 | 504,
  app: { readonly title: string; readonly owner: string | undefined },
  again: string | undefined,
): Reply {
  return errorPage(requester, status === 502 ? 'bad_gateway' : 'gateway_timeout', {
    name: app.title,
    headers: ['Retry-After', '30'],
    actions: (say) => [
      ...(again === undefined ? [] : [{ label: say.again, href: again }]),
      ...(app.owner === undefined
        ? []
        : [{ label: say.owner, href: mailto(app.owner, `${app.title} (${requester.id})`, '') }]),
    ],
  })
}

/** A part of ours cannot be asked, so nobody is let in: it passes by itself. */
export function unavailable(requester: Requester, again: string | undefined): Reply {
  return errorPage(requester, 'store_unreachable', {
    headers: ['Retry-After', '10'],
    actions: (say) => (again === undefined ? [] : [{ label: say.again, href: again }]),
  })
}

/** The unforeseen: the id finds it in the log. */
export function internalServerError(requester: Requester): Reply {
  return errorPage(requester, 'incident', { alone: true })
}

/** A form was sent without a session: what was typed went nowhere, and cannot be kept. */
export function sessionEnded(
  requester: Requester,
  app: { readonly title: string },
  signIn: string,
  headers: readonly string[],
): Reply {
  return errorPage(requester, 'session_ended', {
    name: app.title,
    headers: ['WWW-Authenticate', 'Bearer', ...headers],
    signIn,
    actions: (say) => [{ label: say.signIn, href: signIn }],
  })
}

export function mailto(address: string, subject: string, body: string): string {
  const fields = [
    `subject=${encodeURIComponent(subject)}`,
    ...(body === '' ? [] : [`body=${encodeURIComponent(body)}`]),
  ]
  return `mailto:${encodeURIComponent(address).replace('%40', '@')}?${fields.join('&')}`
}

interface Options {
  readonly status?: number
  readonly name?: string
  readonly headers?: readonly string[]
  readonly alone?: boolean
  readonly signIn?: string
  readonly actions?: (say: Words) => readonly Action[]
}

function errorPage(requester: Requester, kind: Kind, options: Options): Reply {
  const say = words[language(requester)]
  const about = say.kinds[kind]
  const { icon, tone } = kinds[kind]
  const status = options.status ?? kinds[kind].status
  const lead = about.lead(options.name ?? '')
  if (!requester.navigation) {
    return problem(
      requester,
      {
        status,
        code: kind,
        title: about.heading,
        detail: lead.join(' '),
        signIn: options.signIn,
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
  })
  return page(requester, status, { title: about.heading, main, alone: options.alone }, options.headers)
}

/** Some mishaps are reasons as well (`reasons.ts`), and programs look for them there. */
function reasonOf(kind: Kind): Pick<Decision, 'reasons' | 'remedy'> | undefined {
  const code = reasonCodes.find((one) => one === kind)
  return code && { reasons: [{ code, parameters: {} }], remedy: undefined }
}

const kinds: Readonly<Record<Kind, { status: number; icon: Icon; tone: Message['tone'] }>> = {
  not_found: { status: 404, icon: 'compass', tone: 'calm' },
  host_unknown: { status: 404, icon: 'compass', tone: 'calm' },
  method_not_allowed: { status: 405, icon: 'alert', tone: 'wait' },
  bad_request: { status: 400, icon: 'alert', tone: 'wait' },
  too_large: { status: 413, icon: 'alert', tone: 'wait' },
  foreign_form: { status: 403, icon: 'lock', tone: 'wait' },
  bad_gateway: { status: 502, icon: 'plug', tone: 'wait' },
  gateway_timeout: { status: 504, icon: 'clock', tone: 'wait' },
  store_unreachable: { status: 503, icon: 'plug', tone: 'wait' },
  incident: { status: 500, icon: 'alert', tone: 'stop' },
  session_ended: { status: 401, icon: 'clock', tone: 'wait' },
}

// Sign-in in a frame: a small page that opens a tab for the sign-in, and inside it a page that waits until the tab is done.

import { html } from '../kit/html.ts'
import { sendForm } from '../kit/inline-scripts.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { fieldsOf } from '../kit/form.ts'
import { journeyOf, maySkipSignIn } from './destination.ts'
import { signInPath } from './sign-in-page.ts'
import type { App } from '../../config/configuration.ts'
import type { ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** Seconds between two looks at the session. */
const interval = 3
/** Milliseconds from the sign-in's beginning during which the frame looks for a session by itself. */
const patience = 15 * 60_000

/**
 * Answer to `GET /sign-in` in a frame, without a session that suffices. No provider is asked in a frame, and no page with a choice
 * or a form is shown there: the only thing to click opens a tab. Only pages in the app's `frame_ancestors` may show it.
 */
export function framedSignIn(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
): Reply {
  const say = words[language(request)]
  const app = appOf(deps, returnContext)
  const inTab = signInPath(returnContext && journeyOf(deps, inWindow(deps, returnContext)))
  return page(inFrameOf(request, app?.frameAncestors), 200, {
    title: say.heading,
    shell: 'compact',
    policy: { frames: true },
    main: message({
      icon: 'key',
      tone: 'calm',
      heading: returnContext?.stepUp ? say.stepUp : say.heading,
      lead: html`<p>${app ? say.lead(app.title) : say.unknown}</p>`,
      actions: [{ label: returnContext?.stepUp ? say.confirm : say.go, href: inTab, newTab: true }],
      detail:
        returnContext &&
        html`<iframe
          class="waiting"
          src="/sign-in/waiting?journey=${journeyOf(deps, returnContext)}"
          title="${say.status}"
        ></iframe>`,
    }),
  })
}

/** `GET /sign-in/waiting?journey=`: loads itself again until the session suffices, then has the frame around it go on. */
export async function waitForSignIn(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const say = words[language(request)]
  const returnContext = deps.signIn.returnContexts.open(fieldsOf(request.query)('journey'))
  const app = appOf(deps, returnContext)
  // Browsers compare all pages around it, the small page of this host among them.
  const embedders = app?.frameAncestors && [deps.config().gateway.origin, ...app.frameAncestors]
  const inFrame = inFrameOf(request, embedders)
  const session = returnContext && (await viewerOf(deps, request))
  if (returnContext && session && sufficesInFrame(session, returnContext)) {
    return page(inFrame, 200, {
      title: say.done,
      shell: 'bare',
      policy: { script: sendForm, formsAnywhere: true },
      main: html`<form method="get" action="/sign-in" target="_parent">
          <input type="hidden" name="journey" value="${journeyOf(deps, returnContext)}" />
          <button class="button small" type="submit">${say.onward}</button>
        </form>
        ${sendForm.element}`,
    })
  }
  const waits = returnContext !== undefined && deps.now() - returnContext.at < patience
  const again = signInPath(returnContext && journeyOf(deps, returnContext))
  return page(inFrame, 200, {
    title: say.status,
    shell: 'bare',
    ...(waits && { reload: interval }),
    main: waits ? html`<p>${say.waiting}</p>` : html`<p><a href="${again}" target="_parent">${say.onward}</a></p>`,
  })
}

/**
 * A silent step-up, after which the provider states its facts again, happened in the tab and may prove nothing new: the app then
 * decides again.
 */
export function sufficesInFrame(session: Session, returnContext: ReturnContext | undefined): boolean {
  if (maySkipSignIn(session, returnContext)) return true
  return returnContext?.stepUp?.silent === true && session.validatedAt > returnContext.at
}

/** The sign-in in the tab ends on the gateway's own host, with a page that says so. */
function inWindow(deps: WebDependencies, { app, stepUp, provider, at }: ReturnContext): ReturnContext {
  const { origin, host } = deps.config().gateway
  return { origin, host, target: '/signed-in', app, stepUp, provider, page: undefined, at }
}

function appOf(deps: WebDependencies, returnContext: ReturnContext | undefined): App | undefined {
  return returnContext?.app === undefined ? undefined : deps.config().apps.get(returnContext.app)
}

function inFrameOf(request: PageRequest, embedders: readonly string[] = []): PageRequest {
  return { ...request, navigation: true, frame: embedders.length === 0 ? undefined : { embedders, otherSite: false } }
}

const words = texts({
  en: {
    heading: 'Sign in to continue',
    stepUp: 'One more step',
    lead: (app: string) => `${app} is shown here as soon as you are signed in.`,
    unknown: 'You can sign in in a tab of its own.',
    go: 'Sign in in a new tab',
    confirm: 'Confirm in a new tab',
    status: 'State of the sign-in',
    waiting: 'Waiting for the sign-in …',
    done: 'You are signed in',
    onward: 'Continue',
  },
  de: {
    heading: 'Zum Fortfahren anmelden',
    stepUp: 'Noch ein Schritt',
    lead: (app: string) => `${app} erscheint hier, sobald Sie angemeldet sind.`,
    unknown: 'Sie können sich in einem eigenen Tab anmelden.',
    go: 'In neuem Tab anmelden',
    confirm: 'In neuem Tab bestätigen',
    status: 'Stand der Anmeldung',
    waiting: 'Warten auf die Anmeldung …',
    done: 'Sie sind angemeldet',
    onward: 'Weiter',
  },
})

// Passkey pages of guests: confirming a sign-in, and the list with adding and removing.

import type { Passkey } from '../../identity/guests/passkeys.ts'
import type { Session } from '../../identity/session/session.ts'
import { statusMessage } from '../kit/form-fields.ts'
import { timeElement, type Clock } from '../kit/format-time.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { message } from '../kit/layout.ts'
import { heading } from '../kit/list-layout.ts'
import type { Navigation } from '../kit/navigation.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { words } from './passkey-messages.ts'
import { passkeyScript } from './passkey-script.ts'

const policy = { script: passkeyScript, passkeys: true } as const

/** A challenge for the script of the page. */
export interface Ceremony {
  /** Id of the challenge. */
  readonly id: string
  readonly options: object
}

export function confirmPage(
  request: PageRequest,
  shown: { readonly ceremony: Ceremony; readonly refused: boolean; readonly journey: string | undefined },
  headers: readonly string[],
): Reply {
  const say = words[language(request)]
  const content = {
    title: say.confirmTitle,
    policy,
    main: html`<section class="card message">
        <div class="emblem calm">${icon('key')}</div>
        <h1>${say.confirmTitle}</h1>
        <div class="lead"><p>${say.confirmLead}</p></div>
        ${shown.refused && statusMessage('stop', html`<p>${say.refused}</p>`)} ${mishaps(say)}
        <form
          id="passkey"
          method="post"
          action="/sign-in/passkey"
          data-options="${JSON.stringify(shown.ceremony.options)}"
        >
          ${ceremonyFields(shown.ceremony, shown.journey)}
          <div class="actions">
            <button class="button primary" type="submit">${say.confirm}</button>
            <a class="button" href="/">${say.back}</a>
          </div>
        </form>
      </section>
      ${passkeyScript.element}`,
  }
  return page(request, shown.refused ? 422 : 200, content, headers)
}

/** A guest without a passkey. `possible`: the gateway has a host name. */
export function noPasskeyPage(request: PageRequest, add: string, possible: boolean): Reply {
  const say = words[language(request)]
  return page(request, 403, {
    title: say.noneTitle,
    main: message({
      icon: 'key',
      tone: 'wait',
      heading: say.noneTitle,
      lead: html`<p>${possible ? say.noneLead : say.notPossible}</p>`,
      actions: [...(possible ? [{ label: say.noneAdd, href: add }] : []), { label: say.back, href: '/' }],
    }),
  })
}

export interface PasskeyList {
  readonly session: Session
  readonly nav: Navigation
  readonly passkeys: readonly Passkey[]
  /** Undefined where passkeys are impossible. */
  readonly ceremony: Ceremony | undefined
  readonly mistake: 'refused' | 'full' | undefined
  readonly notice: string | undefined
  /** Return context to go on with. */
  readonly journey: string | undefined
  readonly timeZone: string
  readonly now: number
}

export function passkeysPage(request: PageRequest, list: PasskeyList, headers: readonly string[]): Reply {
  const clock: Clock = { language: language(request), timeZone: list.timeZone, now: list.now }
  const say = words[clock.language]
  const notice = list.notice === 'added' || list.notice === 'removed' ? say.notices[list.notice] : undefined
  const content = {
    title: say.title,
    wide: true,
    nav: list.nav,
    viewer: list.session.subject,
    policy,
    main: html`${heading(say.title, say.lead)} ${notice !== undefined && statusMessage('good', html`<p>${notice}</p>`)}
      ${list.mistake !== undefined && statusMessage('stop', html`<p>${say[list.mistake]}</p>`)}
      <section class="part">
        ${
          list.passkeys.length === 0
            ? html`<p class="card empty">${say.empty}</p>`
            : html`<ul class="card rows">
                ${list.passkeys.map((passkey) => row(passkey, list.journey, clock))}
              </ul>`
        }
      </section>
      <section class="part">
        <div class="card form">
          ${list.ceremony === undefined ? html`<p>${say.notPossible}</p>` : addForm(list.ceremony, list.journey, clock)}
        </div>
      </section>
      ${list.ceremony !== undefined && passkeyScript.element}`,
  }
  return page(request, list.mistake === undefined ? 200 : 422, content, headers)
}

function addForm(ceremony: Ceremony, journey: string | undefined, { language: own }: Clock): Html {
  const say = words[own]
  return html`<h2>${say.add}</h2>
    ${mishaps(say)}
    <form id="passkey" method="post" action="/account/passkeys" data-options="${JSON.stringify(ceremony.options)}">
      ${ceremonyFields(ceremony, journey)}
      <div class="field">
        <label for="name">${say.name}</label>
        <p class="hint" id="name-hint">${say.nameHint}</p>
        <input id="name" name="name" type="text" maxlength="60" autocomplete="off" aria-describedby="name-hint" />
      </div>
      <div class="actions"><button class="button primary" type="submit">${say.add}</button></div>
    </form>`
}

function row({ id, name, addedAt, usedAt }: Passkey, journey: string | undefined, clock: Clock): Html {
  const say = words[clock.language]
  const called = name === '' ? say.unnamed : name
  const added = html`${say.added('')}${timeElement(addedAt, clock)}`
  const used = usedAt === undefined ? say.unused : html`${say.used('')}${timeElement(usedAt, clock)}`
  return html`<li>
    <div>
      <p class="what">${called}</p>
      <p class="more">${added} · ${used}</p>
    </div>
    <form method="post" action="/account/passkeys/remove">
      <input type="hidden" name="passkey" value="${id}" />
      ${journey !== undefined && html`<input type="hidden" name="journey" value="${journey}" />`}
      <button class="button" type="submit" aria-label="${say.removeOf(called)}">${say.remove}</button>
    </form>
  </li>`
}

function ceremonyFields({ id }: Ceremony, journey: string | undefined): Content {
  return html`<input type="hidden" name="challenge" value="${id}" />
    <input type="hidden" name="credential" value="" />
    ${journey !== undefined && html`<input type="hidden" name="journey" value="${journey}" />`}`
}

/** The first is hidden by the script, wherever it runs; it shows the others. */
function mishaps(say: (typeof words)['en']): Html {
  return html`<div id="passkey-script"><p class="error">${say.noScript}</p></div>
    <div id="passkey-missing" role="alert" hidden><p class="error">${say.missing}</p></div>
    <div id="passkey-failed" role="alert" hidden><p class="error">${say.failed}</p></div>`
}

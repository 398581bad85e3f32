// Pages on which guests sign in: the address to send a code to, and the code. The same for addresses with and without access.

import { html, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { signInPath } from '../sign-in/sign-in-page.ts'
import { words, type Words } from './guest-messages.ts'

export interface AddressPage {
  /** URL parameter of the return context. */
  readonly journey: string | undefined
  /** Prefilled. */
  readonly email: string
  /** The session of this guest is confirmed: the address is given. */
  readonly stepUp: boolean
  readonly malformed: boolean
}

export function addressPage(request: PageRequest, shown: AddressPage): Reply {
  const say = words[language(request)]
  const { journey, email, stepUp, malformed } = shown
  return page(request, malformed ? 422 : 200, {
    title: say.title,
    main: html`<section class="card message">
      <div class="emblem calm">${icon('key')}</div>
      <h1>${say.title}</h1>
      <div class="lead"><p>${stepUp ? say.stepUpLead : say.lead}</p></div>
      <form method="post" action="/sign-in/guest">
        ${journeyField(journey)}
        <div class="field">
          <label for="email">${say.email}</label>
          <p class="hint" id="email-hint">${say.emailHint}</p>
          ${malformed && html`<p class="error" id="email-error">${say.malformed}</p>`}
          <div class="row">
            <input
              id="email"
              name="email"
              type="email"
              autocomplete="email"
              autocapitalize="none"
              spellcheck="false"
              maxlength="254"
              required
              aria-describedby="${malformed ? 'email-error email-hint' : 'email-hint'}"
              ${malformed && html`aria-invalid="true" autofocus`}
              ${stepUp && html`readonly`}
              value="${email}"
            />
            <button class="button primary" type="submit">${say.send}</button>
          </div>
        </div>
      </form>
      ${!stepUp && html`<p><a href="${signInPath(journey)}">${say.otherWay}</a></p>`}
    </section>`,
  })
}

export interface CodePage {
  /** Id of the attempt. */
  readonly attempt: string
  readonly email: string
  readonly journey: string | undefined
  readonly mistake:
    | { readonly state: 'wrong'; readonly left: number }
    | { readonly state: 'spent' }
    | { readonly state: 'no_access' }
    | undefined
}

/** The code that was typed is not shown again. */
export function codePage(request: PageRequest, { attempt, email, journey, mistake }: CodePage): Reply {
  const say = words[language(request)]
  const text = mistake && mistakeText(mistake, say)
  const usable = mistake === undefined || mistake.state === 'wrong'
  return page(request, mistake === undefined ? 200 : 422, {
    title: say.codeTitle,
    main: html`<section class="card message">
      <div class="emblem calm">${icon('key')}</div>
      <h1>${say.codeTitle}</h1>
      ${
        usable &&
        html`<div class="lead">
          <p>${say.sent(email)}</p>
          <p>${say.wait}</p>
        </div>`
      }
      ${
        usable
          ? html`<form method="post" action="/sign-in/guest/code">
              <input type="hidden" name="attempt" value="${attempt}" />
              <div class="field">
                <label for="code">${say.code}</label>
                <p class="hint" id="code-hint">${say.codeHint}</p>
                ${text !== undefined && html`<p class="error" id="code-error">${text}</p>`}
                <div class="row">
                  <input
                    id="code"
                    name="code"
                    type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    spellcheck="false"
                    maxlength="30"
                    required
                    autofocus
                    aria-describedby="${text === undefined ? 'code-hint' : 'code-error code-hint'}"
                    ${text !== undefined && html`aria-invalid="true"`}
                  />
                  <button class="button primary" type="submit">${say.signIn}</button>
                </div>
              </div>
            </form>`
          : html`<p class="said stop" role="alert">${icon('alert')} ${text}</p>`
      }
      ${
        usable &&
        html`<p>${say.never}</p>
          <p class="hint">${say.none}</p>`
      }
      <form method="post" action="/sign-in/guest">
        ${journeyField(journey)}
        <input type="hidden" name="email" value="${email}" />
        <div class="actions">
          <button class="${usable ? 'button' : 'button primary'}" type="submit">${say.again}</button>
          <a class="button" href="${guestPath(journey)}">${say.otherAddress}</a>
        </div>
      </form>
    </section>`,
  })
}

/** Path of the page that asks for the address. */
export function guestPath(journey: string | undefined): string {
  return journey === undefined ? '/sign-in/guest' : `/sign-in/guest?journey=${encodeURIComponent(journey)}`
}

function journeyField(journey: string | undefined): Html | undefined {
  return journey === undefined ? undefined : html`<input type="hidden" name="journey" value="${journey}" />`
}

function mistakeText(mistake: NonNullable<CodePage['mistake']>, say: Words): string {
  return mistake.state === 'wrong' ? say.mistakes.wrong(mistake.left) : say.mistakes[mistake.state]
}

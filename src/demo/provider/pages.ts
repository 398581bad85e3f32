// Pages of the demo's identity provider: plain HTML forms, usable without script and without a browser.

import type { Entry } from '../people.ts'
import type { Language } from '../../web/kit/language.ts'
import { markup, page, type Markup } from '../page.ts'
import { words } from './words.ts'

export interface Brand {
  readonly title: string
  readonly hue: number
}

/** How one page is shown. */
export interface Screen {
  readonly brand: Brand
  readonly language: Language
  /** Submits itself after a moment: the demo types for the person. */
  readonly typing?: boolean
}

export function choosePerson(screen: Screen, people: readonly Entry[], action: string): string {
  const say = words[screen.language]
  const tiles = people.map(
    (person) => markup`<a class="tile" href="${action}?person=${person.username}">${face(person)}
<span><b>${person.name}</b><small>${person.about?.[screen.language] ?? person.email}</small></span></a>`,
  )
  return draw(
    screen,
    say.choose,
    markup`<h1>${say.choose}</h1>
<p class="soft">${say.chooseAbout}</p>
${tiles}
${quietForm(action, 'cancel', say.cancel)}`,
  )
}

export function askPassword(screen: Screen, person: Entry, action: string, problem: string | undefined): string {
  const say = words[screen.language]
  const shown = person.passwordHidden === true ? '' : person.password
  const [before, password, after] = say.filledIn(shown)
  const filledIn =
    shown === '' ? undefined : markup`<p class="note below">${before}<code>${password}</code>${after}</p>`
  const below = screen.typing
    ? typingNote(screen, person)
    : markup`${filledIn}
<p><a href="${action}">${say.other}</a></p>`
  return draw(
    screen,
    say.signInAs(person.name),
    markup`<h1>${say.signIn}</h1>
${who(person)}
${wrong(problem)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="password">
<input type="hidden" name="username" value="${person.username}">
<label for="password">${say.password}</label>
<input id="password" name="password" type="password" value="${shown}" autocomplete="off">
<button class="wide">${say.signIn}</button>
</form>
${below}`,
  )
}

export function askTotp(
  screen: Screen,
  person: Entry,
  action: string,
  shown: string,
  problem: string | undefined,
): string {
  const say = words[screen.language]
  return draw(
    screen,
    say.secondFactor,
    markup`<h1>${say.enterCode}</h1>
<p class="soft">${say.codeAbout}</p>
${who(person)}
<div class="phone"><small>${say.phone(person.name)}</small><b data-code="${shown}">${shown.slice(0, 3)} ${shown.slice(3)}</b></div>
${wrong(problem)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="totp">
<label for="code">${say.code}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" value="${shown}" maxlength="7">
<button class="wide">${say.confirm}</button>
</form>
${screen.typing ? typingNote(screen, person) : undefined}
${quietForm(action, 'cancel', say.cancel)}`,
  )
}

export function askPasskey(screen: Screen, person: Entry, action: string): string {
  const say = words[screen.language]
  return draw(
    screen,
    say.passkey,
    markup`<h1>${say.usePasskey}</h1>
<p class="soft">${say.passkeyAbout}</p>
${who(person)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="passkey">
<button class="wide">${say.touch}</button>
</form>
<p class="note below">${say.simulated}</p>
${quietForm(action, 'cancel', say.cancel)}`,
  )
}

export function noSecondFactor(screen: Screen, person: Entry, action: string): string {
  const say = words[screen.language]
  return draw(
    { ...screen, typing: false },
    say.none,
    markup`<h1>${say.noneTitle}</h1>
<p>${say.noneAbout(person.name)}</p>
${who(person)}
<form method="post" action="${action}"><input type="hidden" name="step" value="unable"><button class="wide">${say.back}</button></form>`,
  )
}

export function confirmSignOut(screen: Screen, form: Markup): string {
  const say = words[screen.language]
  return draw(
    screen,
    say.signOut,
    markup`<h1>${say.signOutTitle}</h1>
<p class="soft">${say.signOutAbout(screen.brand.title)}</p>
${form}
<button class="wide" form="op.logoutForm" name="logout" value="yes">${say.signOutYes}</button>
<button class="quiet wide" form="op.logoutForm">${say.signOutNo}</button>`,
  )
}

export function message(screen: Screen, title: string, text: string): string {
  return draw({ ...screen, typing: false }, title, markup`<h1>${title}</h1><p>${text}</p>`)
}

function draw({ brand, language, typing }: Screen, title: string, body: Markup): string {
  const script = typing ? { script: submitSoon } : {}
  return page({ title, brand: brand.title, hue: brand.hue, narrow: true, body, language, ...script })
}

const submitSoon = 'setTimeout(() => document.forms[0].requestSubmit(), 700)'

function typingNote({ language }: Screen, person: Entry): Markup {
  return markup`<p class="note below" role="status">${words[language].typing(person.name)}</p>`
}

function who(person: Entry): Markup {
  return markup`<div class="tile">${face(person)}<span><b>${person.name}</b><small>${person.email}</small></span></div>`
}

function face(person: Entry): Markup {
  const initials = person.name
    .split(' ')
    .map((word) => [...word][0] ?? '')
    .join('')
  return markup`<span class="face" aria-hidden="true">${initials.slice(0, 2)}</span>`
}

function wrong(problem: string | undefined): Markup | undefined {
  return problem === undefined ? undefined : markup`<p class="wrong" role="alert">${problem}</p>`
}

function quietForm(action: string, step: string, label: string): Markup {
  return markup`<form method="post" action="${action}"><input type="hidden" name="step" value="${step}"><button class="quiet">${label}</button></form>`
}

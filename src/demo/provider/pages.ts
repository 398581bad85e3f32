// The pages of the demo's identity provider: plain forms, no script, playable without a browser.

import type { Entry } from '../people.ts'
import { markup, page, type Markup } from '../page.ts'

export interface Brand {
  readonly title: string
  readonly hue: number
}

export function choosePerson(brand: Brand, people: readonly Entry[], action: string): string {
  const tiles = people.map(
    (person) => markup`<a class="tile" href="${action}?person=${person.username}">${face(person)}
<span><b>${person.name}</b><small>${person.about ?? person.email}</small></span></a>`,
  )
  return screen(
    brand,
    'Who are you today?',
    markup`<h1>Who are you today?</h1>
<p class="soft">This provider belongs to the demo. Pick the person you want to be.</p>
${tiles}
${quietForm(action, 'cancel', 'Cancel')}`,
  )
}

export function askPassword(brand: Brand, person: Entry, action: string, problem: string | undefined): string {
  return screen(
    brand,
    `Sign in as ${person.name}`,
    markup`<h1>Sign in</h1>
${who(person)}
${wrong(problem)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="password">
<input type="hidden" name="username" value="${person.username}">
<label for="password">Password</label>
<input id="password" name="password" type="password" value="${person.password}" autocomplete="off">
<button class="wide">Sign in</button>
</form>
<p class="note" style="margin-top:1.1rem">Filled in for you: <code>${person.password}</code>. Change it to see a refusal.</p>
<p><a href="${action}">Somebody else</a></p>`,
  )
}

export function askTotp(
  brand: Brand,
  person: Entry,
  action: string,
  shown: string,
  problem: string | undefined,
): string {
  return screen(
    brand,
    'Second factor',
    markup`<h1>One more proof</h1>
<p class="soft">What you asked for needs a second factor. Enter the code of your authenticator app.</p>
${who(person)}
<div class="phone"><small>${person.name}’s telephone</small><b data-code="${shown}">${shown.slice(0, 3)} ${shown.slice(3)}</b></div>
${wrong(problem)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="totp">
<label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" value="${shown}" maxlength="7">
<button class="wide">Confirm</button>
</form>
${quietForm(action, 'cancel', 'Cancel')}`,
  )
}

export function askPasskey(brand: Brand, person: Entry, action: string): string {
  return screen(
    brand,
    'Passkey',
    markup`<h1>Use your passkey</h1>
<p class="soft">What you asked for needs a second factor. Your security key would blink now.</p>
${who(person)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="passkey">
<button class="wide">Touch the security key</button>
</form>
<p class="note" style="margin-top:1.1rem">The demo has no WebAuthn inside: this button stands for the touch.</p>
${quietForm(action, 'cancel', 'Cancel')}`,
  )
}

export function noSecondFactor(brand: Brand, person: Entry, action: string): string {
  return screen(
    brand,
    'No second factor',
    markup`<h1>You have no second factor</h1>
<p>What you asked for needs one, and ${person.name} has none registered. In a company, this is where the help desk comes in.</p>
${who(person)}
<form method="post" action="${action}"><input type="hidden" name="step" value="unable"><button class="wide">Go back</button></form>`,
  )
}

export function confirmSignOut(brand: Brand, form: Markup): string {
  return screen(
    brand,
    'Sign out',
    markup`<h1>Sign out here too?</h1>
<p class="soft">You left the application. Sign out of ${brand.title} as well, and the next sign-in asks for the password again.</p>
${form}
<button class="wide" form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>
<button class="quiet wide" form="op.logoutForm">No, stay signed in</button>`,
  )
}

export function message(brand: Brand, title: string, text: string): string {
  return screen(brand, title, markup`<h1>${title}</h1><p>${text}</p>`)
}

function screen(brand: Brand, title: string, body: Markup): string {
  return page({ title, brand: brand.title, hue: brand.hue, narrow: true, body })
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

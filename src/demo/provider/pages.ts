// Pages of the demo's identity provider: plain HTML forms without script, usable without a browser.

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
    'Choose a user',
    markup`<h1>Choose a user</h1>
<p class="soft">This identity provider is part of the demo. Choose the user to sign in as.</p>
${tiles}
${quietForm(action, 'cancel', 'Cancel')}`,
  )
}

export function askPassword(brand: Brand, person: Entry, action: string, problem: string | undefined): string {
  const shown = person.passwordHidden === true ? undefined : person.password
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
<input id="password" name="password" type="password" value="${shown ?? ''}" autocomplete="off">
<button class="wide">Sign in</button>
</form>
${shown === undefined ? undefined : markup`<p class="note" style="margin-top:1.1rem">Filled in for you: <code>${shown}</code>. Change it to see a failed sign-in.</p>`}
<p><a href="${action}">Use another account</a></p>`,
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
    markup`<h1>Enter your code</h1>
<p class="soft">This application requires a second factor. Enter the code from your authenticator app.</p>
${who(person)}
<div class="phone"><small>${person.name}’s phone</small><b data-code="${shown}">${shown.slice(0, 3)} ${shown.slice(3)}</b></div>
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
<p class="soft">This application requires a second factor. Your security key would blink now.</p>
${who(person)}
<form method="post" action="${action}">
<input type="hidden" name="step" value="passkey">
<button class="wide">Touch the security key</button>
</form>
<p class="note" style="margin-top:1.1rem">The demo does not use WebAuthn: this button simulates the touch.</p>
${quietForm(action, 'cancel', 'Cancel')}`,
  )
}

export function noSecondFactor(brand: Brand, person: Entry, action: string): string {
  return screen(
    brand,
    'No second factor',
    markup`<h1>You have no second factor</h1>
<p>This application requires one, and ${person.name} has none registered. In a real company, the help desk would set one up.</p>
${who(person)}
<form method="post" action="${action}"><input type="hidden" name="step" value="unable"><button class="wide">Go back</button></form>`,
  )
}

export function confirmSignOut(brand: Brand, form: Markup): string {
  return screen(
    brand,
    'Sign out',
    markup`<h1>Sign out here too?</h1>
<p class="soft">You have signed out of the application. If you also sign out of ${brand.title}, the next sign-in asks for the password again.</p>
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

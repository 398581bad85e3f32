// Plays `einlass init` on a pseudo-terminal, from the first question to the check of what it wrote.

import type { Pty } from './pty.ts'

export interface InitPlay {
  /** Origin of the gateway: `http://access.localhost:PORT`. */
  readonly origin: string
  readonly issuer: string
  /** As the dialogue names the provider. */
  readonly title: string
  readonly clientSecret: string
  /** Address of the application inside. */
  readonly app: string
  /** The administrator of the provider pastes the addresses: redirect, after sign-out, back-channel logout, trial. */
  register(pasted: readonly [string, string, string, string]): Promise<void>
  /** The browser opens the address of the trial sign-in, and signs in. */
  signIn(startUrl: string): Promise<void>
}

/** Returns what the trial sign-in showed. Rejects when the dialogue takes another course. */
export async function playInit(pty: Pty, play: InitPlay): Promise<string> {
  await pty.until('where people sign in')
  pty.answer(play.origin)
  await pty.until('Which one?')
  pty.answer()
  await pty.until('Issuer')
  pty.answer(play.issuer)
  await pty.until(`set up as: ${play.title}`)
  await pty.until('Press Enter when this is done')
  const pasted = [...pty.shown().matchAll(/^ {4}(http\S+)$/gm)].map(([, url]) => url!)
  if (pasted.length !== 4) throw new Error(`four addresses to paste, not ${pasted.join(' ')}`)
  await play.register(pasted as [string, string, string, string])
  pty.answer()
  await pty.until('Client id [einlass]')
  pty.answer()
  await pty.until('Client secret')
  pty.answer(play.clientSecret)
  await pty.until('accepts this client')
  await pty.until('Waiting for the browser')
  await play.signIn(/^ {4}(http:\/\/127\.0\.0\.1:\d+\/start\/\S+)$/m.exec(pty.shown())![1]!)
  await pty.until('The provider says: ')
  await pty.until('Time zone')
  const said = /^ {2}The provider says: (.*)$/m.exec(pty.shown())![1]!
  pty.answer()
  await pty.until('Name of your organisation')
  pty.answer()
  await pty.until('Its address inside')
  pty.answer(play.app)
  await pty.until('It answers (status 200)')
  await pty.until('Its name')
  pty.answer('Wiki')
  await pty.until(`Its address for people [${play.origin.replace('access', 'wiki')}]`)
  pty.answer()
  await pty.until('Who may use it?')
  pty.answer('staff')
  await pty.until('Write these files?')
  pty.answer()
  await pty.until('einlass.yaml: valid (1 app')
  await pty.until(`then open ${play.origin.replace('access', 'wiki')}`)
  const code = await pty.ended
  if (code !== 0) throw new Error(`exit code ${code}`)
  if (pty.shown().includes(play.clientSecret)) throw new Error('the client secret was shown')
  return said
}

// What the demo does for a person so that nobody has to type: chooses their provider, and words the reason of a request.

/** Value of the query field `provider` of the sign-in page, by user name. */
export interface Hands {
  readonly provider: string
}

/** Follows a redirect to the choice of providers as if the person had chosen theirs. */
export function chooseProvider(location: string, gateway: string, { provider }: Hands): string {
  const url = URL.parse(location)
  if (url?.origin !== gateway || url.pathname !== '/sign-in' || url.searchParams.has('provider')) return location
  url.searchParams.set('provider', provider)
  return url.href
}

const reasons = {
  en: 'Press 4 stands still: I need its running hours for the insurance.',
  de: 'Presse 4 steht: Ich brauche ihre Betriebsstunden für die Versicherung.',
} as const

/** Fills the empty field `reason` of a form. */
export function giveReason(page: string): string {
  const language = /<html[^>]*\slang="de/.test(page) ? 'de' : 'en'
  return page.replace(
    /(<textarea\s+id="reason"[^>]*>\n?)(?=<\/textarea>)/,
    (_all, open: string) => open + reasons[language],
  )
}

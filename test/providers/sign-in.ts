// Signs a user in at a real provider: follows redirects through the gateway and fills the provider's pages.

import { formsOf, type PageResponse } from '../../src/demo/tour/client.ts'
import type { Asked, Person } from '../support/user-client.ts'
import type { RunningProvider, UserName } from './provider-case.ts'

/**
 * Returns the first page that is neither a redirect nor a sign-in page of the provider. `through`: port of the gateway;
 * `first`: how `target` is requested.
 */
export async function signIn(
  browser: Person,
  provider: RunningProvider,
  user: UserName,
  target: string,
  through: number,
  first: Asked = { page: true },
): Promise<PageResponse & { readonly forms: number }> {
  let url = new URL(target)
  let asked = first
  let forms = 0
  const via: string[] = []
  let last = ''
  for (let hop = 0; hop < 30; hop++) {
    via.push(url.href)
    const answer = await browser.ask(url.href, through, asked)
    asked = { page: true }
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined
    if (location !== undefined) {
      url = new URL(location, url)
      continue
    }
    const page: PageResponse = { url, ...answer, via }
    const fields = answer.status === 200 ? provider.fields(page, user) : undefined
    if (fields === undefined) return { ...page, forms }
    const form = formsOf(page)[0]!
    last = visibleText(answer.body)
    forms++
    url = form.action
    asked = { page: true, method: 'POST', body: new URLSearchParams({ ...form.fields, ...fields }).toString() }
  }
  throw new Error(`redirect loop while signing in, last at ${url.origin}${url.pathname}: ${last}`)
}

/** Words of a page, for an error message. */
export function visibleText(html: string): string {
  return html
    .replace(/<(script|style|head)\b[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
}

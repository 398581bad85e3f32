// Sign-in steps of the demo's identity provider: user, password, second factor if the request requires it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InteractionResults, Provider } from 'oidc-provider'
import type { Directory, Entry } from '../people.ts'
import { pageHeaders } from '../page.ts'
import * as pages from './pages.ts'
import { totp, totpMatches } from './totp.ts'
import { words } from './words.ts'
import { languageOf } from '../../web/kit/language.ts'
import { never } from '../../policy/never.ts'

/** Authentication context class references: one factor, two factors. */
export const acrOne = 'urn:einlass:demo:1'
export const acrTwo = 'urn:einlass:demo:2'

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

interface Parts {
  readonly provider: Provider
  readonly directory: Directory
  readonly brand: pages.Brand
  /** Epoch milliseconds. */
  readonly now: () => number
  /** User name of the person for whom pages of this request fill and submit themselves; undefined: nobody. */
  readonly typesFor: (request: IncomingMessage) => string | undefined
}

/** Handler of `/interaction/UID`. Rejects only with errors of the library (the interaction has expired). */
export function createInteraction({ provider, directory, brand, now, typesFor }: Parts) {
  /** Usernames with a verified password, by interaction; removed at its end, or after 500 newer ones. */
  const passed = new Map<string, string>()

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const details = await provider.interactionDetails(request, response)
    const language = languageOf(request.headers['accept-language'])
    const helped = typesFor(request)
    const say = words[language]
    const screen: pages.Screen = { brand, language, typing: helped !== undefined }
    const again: pages.Screen = { brand, language }
    const finish = (result: InteractionResults) => {
      passed.delete(details.uid)
      return provider.interactionFinished(request, response, result, {
        mergeWithLastSubmission: result.login === undefined,
      })
    }
    // The company consented for all users.
    if (details.prompt.name === 'consent') return finish({ consent: {} })

    const submitted = request.method === 'POST' ? await readForm(request) : undefined
    if (submitted?.get('step') === 'cancel') {
      return finish({ error: 'access_denied', error_description: 'the user cancelled the sign-in' })
    }
    const action = `/interaction/${details.uid}`
    const person = confirmed(details)
    if (submitted === undefined) {
      if (person) return show(response, 200, factorPage(screen, person, action, undefined))
      const picked =
        new URL(request.url ?? '/', 'http://provider').searchParams.get('person') ?? helped ?? details.params.login_hint
      const entry = known(picked)
      return show(
        response,
        200,
        entry
          ? pages.askPassword(screen, entry, action, undefined)
          : pages.choosePerson(again, directory.all(), action),
      )
    }
    const proven = (entry: Entry, amr: readonly string[]) =>
      finish({
        login: {
          accountId: entry.sub,
          acr: amr.length > 1 ? acrTwo : acrOne,
          amr: [...amr],
          ts: Math.floor(now() / 1000),
          remember: true,
        },
      })

    switch (submitted.get('step')) {
      case 'password': {
        const entry = directory.byUsername(submitted.get('username') ?? '')
        if (!entry) return show(response, 422, pages.message(again, say.unknown, say.unknownAbout))
        const problem =
          submitted.get('password') !== entry.password ? say.wrongPassword : entry.disabled ? say.disabled : undefined
        if (problem !== undefined) return show(response, 422, pages.askPassword(again, entry, action, problem))
        if (!asksForSecondFactor(details, entry)) return proven(entry, ['pwd'])
        if (passed.size >= 500) passed.delete(passed.keys().next().value!)
        passed.set(details.uid, entry.username)
        return redirect(response, action)
      }
      case 'totp': {
        if (person?.secondFactor !== 'totp') return redirect(response, action)
        // Codes are accepted more than once, unlike RFC 6238 section 5.2: the page shows them anyway.
        const right = totpMatches(person.totpSecret, submitted.get('code') ?? '', now())
        return right
          ? proven(person, ['pwd', 'otp'])
          : show(response, 422, factorPage(again, person, action, say.wrongCode))
      }
      case 'passkey':
        return person?.secondFactor === 'passkey' ? proven(person, ['pwd', 'hwk', 'user']) : redirect(response, action)
      case 'unable':
        return finish({
          error: 'unmet_authentication_requirements',
          error_description: 'the user has no second factor',
        })
      // open: any other step
      default:
        return redirect(response, action)
    }
  }

  /**
   * The user with a verified password: in this interaction, or in the session if only a stronger context is missing.
   */
  function confirmed(details: Details): Entry | undefined {
    const here = passed.get(details.uid)
    const entry =
      here !== undefined
        ? directory.byUsername(here)
        : details.prompt.reasons.every((reason) => reason === 'essential_acr' || reason === 'essential_acrs')
          ? directory.bySub(details.session?.accountId ?? '')
          : undefined
    return entry?.disabled ? undefined : entry
  }

  function known(hint: unknown): Entry | undefined {
    if (typeof hint !== 'string') return undefined
    return directory.all().find((entry) => entry.username === hint || entry.email === hint)
  }

  function factorPage(screen: pages.Screen, person: Entry, action: string, problem: string | undefined): string {
    switch (person.secondFactor) {
      case 'totp':
        return pages.askTotp(screen, person, action, totp(person.totpSecret, now()), problem)
      case 'passkey':
        return pages.askPasskey(screen, person, action)
      case 'none':
        return pages.noSecondFactor(screen, person, action)
      default:
        return never(person.secondFactor)
    }
  }

  return interact
}

/**
 * True if the request asks for the two-factor context and does not accept the one-factor context. OIDC Core 3.1.2.1: `acr_values`
 * alone is voluntary, so that users without a second factor sign in as they can.
 */
function asksForSecondFactor({ params }: Details, { secondFactor }: Entry): boolean {
  const essential = requestedAcr(params.claims)
  if (essential.length > 0) return essential.includes(acrTwo) && !essential.includes(acrOne)
  const voluntary = String(params.acr_values ?? '').split(' ')
  return secondFactor !== 'none' && voluntary.includes(acrTwo) && !voluntary.includes(acrOne)
}

function requestedAcr(claims: unknown): string[] {
  if (typeof claims !== 'string') return []
  // The library has validated it as a JSON object.
  const acr = (JSON.parse(claims) as { id_token?: { acr?: { value?: unknown; values?: unknown } | null } }).id_token
    ?.acr
  const values = Array.isArray(acr?.values) ? acr.values : [acr?.value]
  return values.filter((value) => typeof value === 'string')
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, pageHeaders).end(html)
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end()
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > 16_384) throw new Error('form too long')
  }
  return new URLSearchParams(text)
}

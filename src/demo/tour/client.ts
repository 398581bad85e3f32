// HTTP client of the tour: follows redirects, stores cookies, submits forms.

import { Agent, request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { createCookieJar, type CookieJar } from './cookie-jar.ts'
import { lookupWithLoopback } from '../../net/loopback.ts'

export interface PageResponse {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** All requested URLs, including the first. */
  readonly via: readonly string[]
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Default true. */
  readonly follow?: boolean
  /** Request headers of a page navigation (default) or of a script. */
  readonly kind?: 'page' | 'script'
}

export interface Form {
  readonly action: URL
  readonly method: string
  readonly fields: Readonly<Record<string, string>>
}

export interface TourClient {
  readonly jar: CookieJar
  go(url: string | URL, asked?: RequestOptions): Promise<PageResponse>
  /** Submits the first form of `seen`, or the first with a field or button `having`; `fields` overrides its values. */
  submit(seen: PageResponse, fields?: Readonly<Record<string, string>>, having?: string): Promise<PageResponse>
  /** Resolves with the response at its header; the caller reads the body. */
  stream(url: string | URL, headers?: Readonly<Record<string, string>>): Promise<IncomingMessage>
  close(): void
}

export class FormNotFound extends Error {
  readonly code = 'no_such_form'
}

const timeLimit = 10_000

/** `always`: headers of every request. */
export function createTourClient(always: Readonly<Record<string, string>> = {}): TourClient {
  const jar = createCookieJar()
  const agent = new Agent({ keepAlive: true, lookup: lookupWithLoopback })

  async function go(target: string | URL, asked: RequestOptions = {}): Promise<PageResponse> {
    let url = new URL(target)
    let { method = 'GET', body } = asked
    let app = method === 'GET' ? 'none' : 'same-origin'
    const via: string[] = []
    for (let hop = 0; hop < 25; hop++) {
      via.push(url.href)
      const answer = await send(url, method, body, app, asked)
      const seen = { url, status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer), via }
      const location = seen.status >= 300 && seen.status <= 399 ? answer.headers.location : refreshOf(seen)
      if (asked.follow === false || location === undefined) return seen
      const next = new URL(location, url)
      if (next.origin !== url.origin) app = 'cross-site'
      url = next
      // RFC 9110 sections 15.4.3 and 15.4.4: browsers continue with GET.
      if (seen.status < 307) [method, body] = ['GET', undefined]
    }
    throw new Error(`more than 25 redirects: ${via.slice(0, 6).join(' -> ')} ...`)
  }

  async function submit(
    seen: PageResponse,
    fields: Readonly<Record<string, string>> = {},
    having?: string,
  ): Promise<PageResponse> {
    const all = formsOf(seen)
    const form = having === undefined ? all[0] : all.find((entry) => having in entry.fields)
    if (!form) throw new FormNotFound(`no form${having ? ` with ${having}` : ''} on ${seen.url.href} (${seen.status})`)
    const body = new URLSearchParams({ ...form.fields, ...fields }).toString()
    if (form.method === 'POST') return go(form.action, { method: 'POST', body })
    form.action.search = body
    return go(form.action)
  }

  async function stream(target: string | URL, headers: Readonly<Record<string, string>> = {}) {
    return send(new URL(target), 'GET', undefined, 'same-origin', { headers, kind: 'script' })
  }

  function send(url: URL, method: string, body: string | undefined, app: string, asked: RequestOptions) {
    const cookie = jar.header(url)
    const page = asked.kind !== 'script'
    return new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing: ClientRequest = request(
        url,
        {
          method,
          agent,
          headers: {
            'user-agent': 'Einlass tour',
            accept: page ? 'text/html,application/xhtml+xml' : '*/*',
            'accept-language': 'en',
            'sec-fetch-dest': page ? 'document' : 'empty',
            'sec-fetch-mode': page ? 'navigate' : 'cors',
            'sec-fetch-site': app,
            ...(body !== undefined && {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': Buffer.byteLength(body),
              origin: url.origin,
            }),
            ...(cookie !== undefined && { cookie }),
            ...always,
            ...asked.headers,
          },
        },
        (answer) => {
          jar.store(url, answer.headers['set-cookie'] ?? [])
          resolve(answer)
        },
      )
      outgoing.setTimeout(timeLimit, () => outgoing.destroy(new Error(`${url.href} did not respond within 10 s`)))
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The idle connection was closed meanwhile: retries an idempotent request (RFC 9112 section 9.3.1).
        const stale = method === 'GET' && outgoing.reusedSocket && error.code === 'ECONNRESET'
        if (stale) resolve(send(url, method, body, app, asked))
        else reject(error)
      })
      outgoing.end(body)
    })
  }

  return { jar, go, submit, stream, close: () => agent.destroy() }
}

/** Target of an immediate `<meta http-equiv="refresh">`. */
function refreshOf(seen: PageResponse): string | undefined {
  const tag = /<meta\s[^>]*http-equiv="refresh"[^>]*>/i.exec(seen.body)?.[0]
  return tag && /^0;\s*url=(.+)$/i.exec(attribute(tag, 'content') ?? '')?.[1]
}

/**
 * The forms of a page with the values a browser would submit, without those above its main part, such as the choice of language.
 * A simple parser, for the forms of this project only.
 */
export function formsOf(seen: PageResponse): Form[] {
  const main = seen.body.slice(Math.max(0, seen.body.indexOf('<main')))
  return [...main.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head = '', inside = '']) => ({
    action: new URL(attribute(head, 'action') || seen.url.href, seen.url),
    method: (attribute(head, 'method') ?? 'get').toUpperCase(),
    fields: Object.fromEntries(
      [...inside.matchAll(control)].flatMap(([, single, alone = '', pair, open = '', content = '']) =>
        single === undefined ? fieldOf(pair!, open, content) : fieldOf(single, alone, ''),
      ),
    ),
  }))
}

const control = /<(input|button)\b([^>]*)>|<(textarea|select)\b([^>]*)>([\s\S]*?)<\/\3>/g

function fieldOf(kind: string, attributes: string, inside: string): [string, string][] {
  const name = attribute(attributes, 'name')
  if (name === undefined) return []
  switch (kind) {
    case 'textarea':
      return [[name, plain(inside.replace(/^\n/, ''))]]
    case 'select': {
      const options = [...inside.matchAll(/<option\b([^>]*)>/g)].map(([, option = '']) => option)
      const chosen = options.find((option) => /\sselected\b/.test(option)) ?? options[0]
      return chosen === undefined ? [] : [[name, attribute(chosen, 'value') ?? '']]
    }
    // open: any other kind of field
    default: {
      const chosen = !/\stype="(?:radio|checkbox)"/.test(attributes) || /\schecked\b/.test(attributes)
      return chosen ? [[name, attribute(attributes, 'value') ?? '']] : []
    }
  }
}

function attribute(attributes: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1]
  return found === undefined ? undefined : plain(found)
}

function plain(escaped: string): string {
  return escaped
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

async function text(answer: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of answer.setEncoding('utf8')) body += chunk
  return body
}

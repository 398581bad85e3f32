// Redacts secrets in log output: by name of a field, and by pattern in text.

/** A plain copy without secrets, bounded in depth, breadth and length. Never throws, for any input. */
export function redact(fields: object): Record<string, unknown> {
  const copy = plain(fields, '', 0)
  return typeof copy === 'object' && copy !== null && !Array.isArray(copy)
    ? (copy as Record<string, unknown>)
    : { fields: copy }
}

/** Text without credentials: secret query values, bearer tokens, JWTs, `__Host-` cookies, `user:password@`. */
export function redactText(text: string): string {
  const bounded = text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text
  return bounded
    .replace(queryValue, `$1$2=${redacted}`)
    .replace(credentials, `$1 ${redacted}`)
    .replace(compactJwt, redacted)
    .replace(ownCookie, `$1=${redacted}`)
    .replace(userInfo, `$1${redacted}@`)
}

const redacted = '[redacted]'
const maxDepth = 6
const maxEntries = 100
const maxTextLength = 8192

const secretName =
  /(^|[-_.])(authorization|cookies?|set-cookie2?|passwords?|passphrase|credentials?|tickets?|nonce|verifier)$|tokens?$|secrets?$|secret_?keys?$|private_?keys?$|(code_?verifier|client_?assertion)$/i
/** `code` and `state` are ordinary names elsewhere (an error has a code); secret only among query or form values. */
const formName = /^(query|search|form|parameters|params|searchParams)$/i
const formSecret = /^(code|state|ticket|nonce|jti)$/i

const queryValue =
  /([?&#]|^)(code|state|ticket|nonce|[a-z_]{0,20}token|token_hint|client_secret|client_assertion|code_verifier|assertion|password|session_state)=[^&#\s"'<>]*/gi
const credentials = /\b(bearer|basic|dpop|digest)\s+[A-Za-z0-9._~+/=-]{6,}/gi
const compactJwt = /\beyJ[\w-]{5,4096}\.[\w-]{0,8192}(\.[\w-]{0,4096})?/g
const ownCookie = /(__(?:Host|Secure)-[\w.-]{1,64})=[^;\s,"]*/g
const userInfo = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@?#]{1,512}@/gi

function plain(value: unknown, name: string, depth: number): unknown {
  if (secretName.test(name)) return value === undefined ? undefined : redacted
  switch (typeof value) {
    case 'string':
      return redactText(value)
    case 'bigint':
      return String(value)
    case 'function':
    case 'symbol':
      return undefined
    case 'object':
      return value === null ? null : structure(value, name, depth)
    // open: any other type
    default:
      return value
  }
}

function structure(value: object, name: string, depth: number): unknown {
  if (depth >= maxDepth) return '[…]'
  try {
    if (value instanceof Error) return plainError(value, depth)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
    if (value instanceof URL) return redactText(value.href)
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if (value instanceof Map) return entries([...value].slice(0, maxEntries), name, depth)
    if (value instanceof Set) return list([...value].slice(0, maxEntries), depth)
    if (Array.isArray(value)) return list(value.slice(0, maxEntries), depth)
    return entries(
      Object.keys(value)
        .slice(0, maxEntries)
        .map((key) => [key, (value as Record<string, unknown>)[key]]),
      name,
      depth,
    )
  } catch {
    return '[unreadable]'
  }
}

function entries(pairs: readonly (readonly [unknown, unknown])[], name: string, depth: number): object {
  const inForm = formName.test(name)
  return Object.fromEntries(
    pairs.map(([key, value]) => {
      const text = redactText(String(key))
      return [text, inForm && formSecret.test(text) ? redacted : plain(value, text, depth + 1)]
    }),
  )
}

/** Flat header lists (name, value, ...) contain secrets too: the element after a secret name is redacted. */
function list(values: readonly unknown[], depth: number): unknown[] {
  return values.map((value, index) => {
    const before = values[index - 1]
    return typeof before === 'string' && typeof value === 'string' && secretName.test(before)
      ? redacted
      : plain(value, '', depth + 1)
  })
}

function plainError(error: Error, depth: number): object {
  const own = entries(
    Object.keys(error).map((key) => [key, (error as unknown as Record<string, unknown>)[key]]),
    '',
    depth,
  )
  return {
    ...own,
    name: error.name,
    message: redactText(String(error.message)),
    stack: typeof error.stack === 'string' ? redactText(error.stack) : undefined,
    cause: error.cause === undefined ? undefined : plain(error.cause, '', depth + 1),
  }
}

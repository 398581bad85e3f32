// Connection-bound authentication schemes (NTLM, Negotiate): recognizes their credentials and challenges, and removes them.

import { isToken } from '../../http/field-syntax.ts'

/**
 * `initial` begins a handshake; `continuation` belongs to the connection on which its handshake began, and means nothing
 * on another one.
 */
export type ConnectionCredentials = 'initial' | 'continuation'

/** RFC 4559, [MS-NTHT]: both authenticate the connection, not the request. */
const named = /(?:^|,)[ \t]*(?:ntlm|negotiate)(?=[ \t,]|$)/i
const credentials = /^[ \t]*(?:ntlm|negotiate)[ \t]+([A-Za-z0-9+/]+)/i
/** Wherever the word stands: a value that one parser reads as a parameter, another may read as a challenge. */
const mentioned = /ntlm|negotiate/i

/** `value` of Authorization. Undefined: credentials of another scheme. */
export function connectionCredentials(value: string): ConnectionCredentials | undefined {
  if (!named.test(value)) return undefined
  const token = credentials.exec(value)?.[1]
  if (token === undefined) return 'initial'
  const bytes = Buffer.from(token.slice(0, 16), 'base64')
  // AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3), or NegTokenResp (RFC 4178 4.2.2), alone never the first message.
  const authenticates = bytes.toString('latin1', 0, 8) === 'NTLMSSP\0' && bytes[8] === 3
  return authenticates || bytes[0] === 0xa1 ? 'continuation' : 'initial'
}

/** `value` of WWW-Authenticate or Proxy-Authenticate. Errs towards true: the connection is then closed for nothing. */
export function offersConnectionAuth(value: string): boolean {
  return mentioned.test(value)
}

/** A WWW-Authenticate value without the challenges of these schemes; undefined when no other challenge is left. */
export function withoutConnectionAuth(value: string): string | undefined {
  const kept: string[] = []
  let dropping = false
  for (const member of members(value)) {
    const scheme = schemeOf(member)
    if (scheme !== undefined) dropping = scheme === 'ntlm' || scheme === 'negotiate'
    if (!dropping) kept.push(member)
  }
  return kept.length === 0 ? undefined : kept.join(', ')
}

/** Members of a list (RFC 9110 5.6.1), split at commas outside quoted strings; empty ones are left out. */
function members(value: string): string[] {
  const found = value.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/g) ?? []
  return found.map((member) => member.trim()).filter((member) => member !== '')
}

/** Lower-cased scheme of a member that begins a challenge; undefined for a further parameter (RFC 9110 11.6.1). */
function schemeOf(member: string): string | undefined {
  const [, word, rest] = /^([^\s="]+)([^]*)$/.exec(member) ?? []
  if (word === undefined || !isToken(word) || /^\s*=/.test(rest!)) return undefined
  return word.toLowerCase()
}

// Identity header presets: map the subject to the header names of oauth2-proxy, Authelia, Pomerium, Cloudflare and IAP.

import type { Subject } from '../../policy/subject.ts'
import type { App } from '../../config/configuration.ts'
import { isAsciiFieldValue } from '../../http/field-syntax.ts'

export type Preset = App['identityHeaders']

/**
 * Flat list: name, value, ... `groups`: those that the app may know; `assertion` is the signed token.
 *
 * Non-ASCII text is sent as UTF-8 bytes, as oauth2-proxy and Authelia do (opaque data in RFC 9110 5.5); the assertion is
 * unambiguous. Values a header cannot represent are omitted: control characters, leading or trailing white space, and
 * in lists a group with a comma, which would be read as two groups.
 */
export function identityHeaders(
  preset: Preset,
  subject: Subject,
  groups: readonly string[],
  assertion: string,
): string[] {
  const fields = presets[preset](subject, joinGroups(groups), assertion)
  return [...fields, ['X-Einlass-Jwt-Assertion', assertion] as const].flatMap(([name, value]) => {
    const encoded = value === undefined ? undefined : encode(value)
    return encoded === undefined ? [] : [name, encoded]
  })
}

type Fields = readonly (readonly [name: string, value: string | undefined])[]

/** A preset of the schema without an entry does not compile. */
const presets: { readonly [Name in Preset]: (subject: Subject, groups: string, assertion: string) => Fields } = {
  einlass: forwardedHeaders('X-Forwarded-'),
  // The headers of `--pass-user-headers`, and those commonly copied from an auth_request.
  'oauth2-proxy': (subject, groups) => [
    ...forwardedHeaders('X-Forwarded-')(subject, groups),
    ...forwardedHeaders('X-Auth-Request-')(subject, groups),
  ],
  authelia: (subject, groups) => [
    ['Remote-User', subject.username ?? subject.email ?? subject.sub],
    ['Remote-Groups', groups],
    ['Remote-Name', subject.name],
    ['Remote-Email', subject.email],
  ],
  pomerium: (subject, groups, assertion) => [
    ['X-Pomerium-Jwt-Assertion', assertion],
    ['X-Pomerium-Claim-Sub', subject.sub],
    ['X-Pomerium-Claim-Email', subject.email],
    ['X-Pomerium-Claim-Name', subject.name],
    ['X-Pomerium-Claim-Groups', groups],
  ],
  cloudflare: (subject, _groups, assertion) => [
    ['Cf-Access-Jwt-Assertion', assertion],
    ['Cf-Access-Authenticated-User-Email', subject.email],
  ],
  // The namespace before the colon is part of the format; applications strip it.
  iap: (subject, _groups, assertion) => [
    ['X-Goog-Iap-Jwt-Assertion', assertion],
    ['X-Goog-Authenticated-User-Id', `accounts.google.com:${subject.sub}`],
    ['X-Goog-Authenticated-User-Email', subject.email && `accounts.google.com:${subject.email}`],
  ],
  none: () => [],
}

export const presetNames = Object.keys(presets) as readonly Preset[]

function forwardedHeaders(prefix: string): (subject: Subject, groups: string) => Fields {
  return (subject, groups) => [
    [`${prefix}User`, subject.sub],
    [`${prefix}Email`, subject.email],
    [`${prefix}Groups`, groups],
    [`${prefix}Preferred-Username`, subject.username],
  ]
}

function joinGroups(groups: readonly string[]): string {
  return groups.filter((group) => !group.includes(',') && encode(group) !== undefined).join(',')
}

/** UTF-8 bytes as a binary string, one character per byte. Undefined when a header cannot represent the value. */
function encode(value: string): string | undefined {
  if (value === '' || value.trim() !== value || !value.isWellFormed() || /\p{Cc}/u.test(value)) return undefined
  return isAsciiFieldValue(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}

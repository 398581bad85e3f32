// The identity presets: which header says what about a person, in the words applications already understand.

import type { Subject } from '../../policy/subject.ts'
import type { App } from '../../config/configuration.ts'
import { isAsciiFieldValue } from '../../http/field-syntax.ts'

export type Preset = App['identityHeaders']

/**
 * Flat list: name, value, ... `assertion` is the signed token.
 *
 * Text beyond ASCII is sent as its UTF-8 bytes, as oauth2-proxy and Authelia do (RFC 9110 5.5 calls it opaque data);
 * whoever needs certainty reads the assertion. What a header cannot say unmistakably is left out: a value with a
 * control character or blanks at its ends, and in lists a group with a comma, which would read as two groups.
 */
export function identityHeaders(preset: Preset, subject: Subject, assertion: string): string[] {
  const fields = presets[preset](subject, joinGroups(subject), assertion)
  return [...fields, ['X-Einlass-Jwt-Assertion', assertion] as const].flatMap(([name, value]) => {
    const encoded = value === undefined ? undefined : encode(value)
    return encoded === undefined ? [] : [name, encoded]
  })
}

type Fields = readonly (readonly [name: string, value: string | undefined])[]

/** A preset of the schema without a row does not compile. */
const presets: { readonly [Name in Preset]: (subject: Subject, groups: string, assertion: string) => Fields } = {
  einlass: forwardedHeaders('X-Forwarded-'),
  // `--pass-user-headers`, and what its users copy out of an auth_request.
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
  // The namespace before the colon is part of the format; applications cut it off.
  iap: (subject, _groups, assertion) => [
    ['X-Goog-Iap-Jwt-Assertion', assertion],
    ['X-Goog-Authenticated-User-Id', `accounts.google.com:${subject.sub}`],
    ['X-Goog-Authenticated-User-Email', subject.email && `accounts.google.com:${subject.email}`],
  ],
  none: () => [],
}

function forwardedHeaders(prefix: string): (subject: Subject, groups: string) => Fields {
  return (subject, groups) => [
    [`${prefix}User`, subject.sub],
    [`${prefix}Email`, subject.email],
    [`${prefix}Groups`, groups],
    [`${prefix}Preferred-Username`, subject.username],
  ]
}

function joinGroups({ groups }: Subject): string {
  return groups.filter((group) => !group.includes(',') && encode(group) !== undefined).join(',')
}

/** UTF-8 bytes as a binary string, one character a byte. Undefined when no header could carry it unmistakably. */
function encode(value: string): string | undefined {
  if (value === '' || value.trim() !== value || !value.isWellFormed() || /\p{Cc}/u.test(value)) return undefined
  return isAsciiFieldValue(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}

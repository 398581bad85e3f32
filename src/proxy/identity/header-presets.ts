// Identity headers: map the subject to the header names of oauth2-proxy, Authelia, Pomerium, Cloudflare and IAP, or to an admin's own.

import type { Subject } from '../../policy/subject.ts'
import type { App } from '../../config/configuration.ts'
import type { IdentityAttribute, IdentityMap, IdentityPreset } from '../../config/forwarding-settings.ts'
import { fieldText } from '../../config/header-names/field-text.ts'

export type Preset = IdentityPreset

/**
 * Flat list: name, value, ... `groups`: those that the app may know; `assertion` is the signed token.
 *
 * Non-ASCII text is sent as UTF-8 bytes, as oauth2-proxy and Authelia do (opaque data in RFC 9110 5.5); the assertion is
 * unambiguous. Values a header cannot represent are omitted: control characters, leading or trailing white space, and
 * in lists a group with a comma, which would be read as two groups.
 */
export function identityHeaders(
  identity: App['identityHeaders'],
  subject: Subject,
  groups: readonly string[],
  assertion: string,
): string[] {
  const fields =
    typeof identity === 'string'
      ? presets[identity](subject, joinList(groups), assertion)
      : mapped(identity, subject, groups, assertion)
  return [...fields, ['X-Einlass-Jwt-Assertion', assertion] as const].flatMap(([name, value]) => {
    const encoded = value === undefined ? undefined : fieldText(value)
    return encoded === undefined ? [] : [name, encoded]
  })
}

function mapped(identity: IdentityMap, subject: Subject, groups: readonly string[], assertion: string): Fields {
  return identity.map(([name, attribute]) => [name, attributeOf(attribute, subject, groups, assertion)] as const)
}

function attributeOf(
  attribute: IdentityAttribute,
  subject: Subject,
  groups: readonly string[],
  assertion: string,
): string | undefined {
  switch (attribute) {
    case 'sub':
    case 'email':
    case 'name':
    case 'provider':
      return subject[attribute]
    case 'preferred_username':
      return subject.username
    case 'groups':
      return joinList(groups)
    case 'assertion':
      return assertion
    // open: `claims.NAME`
    default:
      return claimOf(subject, attribute.slice('claims.'.length))
  }
}

/** A claim that was not read in full may have any value: an application would take the rest for all of it. */
function claimOf({ claims, partialClaims }: Subject, name: string): string | undefined {
  if (!Object.hasOwn(claims, name) || partialClaims?.includes(name) === true) return undefined
  return joinList(claims[name]!)
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

/** Without members that would be read as two, or that a header cannot represent. */
function joinList(members: readonly string[]): string {
  return members.filter((one) => !one.includes(',') && fieldText(one) !== undefined).join(',')
}

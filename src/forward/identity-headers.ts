// The identity presets: which header says what about a person, in the words applications already understand.

import type { Subject } from '../policy/subject.ts'
import type { App } from '../config/configuration.ts'
import { isAsciiFieldValue } from '../http/field-syntax.ts'

export type Preset = App['identityHeaders']

/**
 * Flat list: name, value, ... `assertion` is the signed token.
 *
 * Text beyond ASCII is sent as its UTF-8 bytes, as oauth2-proxy and Authelia do (RFC 9110 5.5 calls it opaque data);
 * whoever needs certainty reads the assertion. What a header cannot say unmistakably is left out: a value with a
 * control character or blanks at its ends, and in lists a group with a comma, which would read as two groups.
 */
export function identityHeaders(preset: Preset, subject: Subject, assertion: string): string[] {
  const list: string[] = []
  const say = (name: string, value: string | undefined): void => {
    const encoded = value === undefined ? undefined : encode(value)
    if (encoded !== undefined) list.push(name, encoded)
  }
  const groups = subject.groups.filter((group) => !group.includes(',') && encode(group) !== undefined).join(',')
  switch (preset) {
    case 'einlass':
      forwarded('X-Forwarded-')
      break
    case 'oauth2-proxy':
      // `--pass-user-headers`, and what its users copy out of an auth_request.
      forwarded('X-Forwarded-')
      forwarded('X-Auth-Request-')
      break
    case 'authelia':
      say('Remote-User', subject.username ?? subject.email ?? subject.sub)
      say('Remote-Groups', groups)
      say('Remote-Name', subject.name)
      say('Remote-Email', subject.email)
      break
    case 'pomerium':
      list.push('X-Pomerium-Jwt-Assertion', assertion)
      say('X-Pomerium-Claim-Sub', subject.sub)
      say('X-Pomerium-Claim-Email', subject.email)
      say('X-Pomerium-Claim-Name', subject.name)
      say('X-Pomerium-Claim-Groups', groups)
      break
    case 'cloudflare':
      list.push('Cf-Access-Jwt-Assertion', assertion)
      say('Cf-Access-Authenticated-User-Email', subject.email)
      break
    case 'iap':
      // The namespace before the colon is part of the format; applications cut it off.
      list.push('X-Goog-Iap-Jwt-Assertion', assertion)
      say('X-Goog-Authenticated-User-Id', `accounts.google.com:${subject.sub}`)
      if (subject.email !== undefined) say('X-Goog-Authenticated-User-Email', `accounts.google.com:${subject.email}`)
      break
    case 'none':
      break
  }
  list.push('X-Einlass-Jwt-Assertion', assertion)
  return list

  function forwarded(prefix: string): void {
    say(`${prefix}User`, subject.sub)
    say(`${prefix}Email`, subject.email)
    say(`${prefix}Groups`, groups)
    say(`${prefix}Preferred-Username`, subject.username)
  }
}

/** UTF-8 bytes as a binary string, one character a byte. Undefined when no header could carry it unmistakably. */
function encode(value: string): string | undefined {
  if (value === '' || value.trim() !== value || !value.isWellFormed() || /\p{Cc}/u.test(value)) return undefined
  return isAsciiFieldValue(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}

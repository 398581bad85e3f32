// Domain names beyond ASCII in the form they are compared in: their A-labels (RFC 5891), and only if nothing else becomes the same name.

import { domainToASCII, domainToUnicode } from 'node:url'

/**
 * Lower case, `xn--` labels for letters beyond ASCII. Undefined for what UTS 46 would map to another name: full-width letters,
 * ignored characters, KELVIN SIGN and the like, with which a stranger could write the name of another domain.
 */
export function asciiDomain(domain: string): string | undefined {
  const lower = domain.normalize('NFC').toLowerCase()
  if (asciiCount(lower) === lower.length) return asciiCount(domain) === domain.length ? lower : undefined
  if (asciiCount(lower) > asciiCount(domain)) return undefined
  const ascii = domainToASCII(lower)
  return ascii !== '' && domainToUnicode(ascii) === lower ? ascii : undefined
}

/** An e-mail address, perhaps after `PROVIDER|mailto:`, for comparison: lower case, NFC, its domain as `asciiDomain`. */
export function foldAddress(text: string): string {
  const at = text.lastIndexOf('@')
  const domain = at < 0 ? undefined : asciiDomain(text.slice(at + 1))
  const folded = text.normalize('NFC').toLowerCase()
  return domain === undefined ? folded : `${folded.slice(0, folded.lastIndexOf('@') + 1)}${domain}`
}

function asciiCount(text: string): number {
  return text.replaceAll(/[^\x00-\x7f]/g, '').length
}

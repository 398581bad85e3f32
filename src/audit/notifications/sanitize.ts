// Sanitizes untrusted text for notifications: single line, no control characters, bounded length; validates addresses, URLs.

/**
 * Makes text of a user or provider safe for a mail subject, a line or a cell; each channel does its own escaping for
 * HTML, mrkdwn or Markdown. Line breaks and control characters become a space, invisible and bidirectional characters
 * (CVE-2021-42574) the replacement character. Undefined for other types and for empty text.
 */
export function oneLine(value: unknown, maxLength = 200): string | undefined {
  if (typeof value !== 'string') return undefined
  // Truncate first: untrusted text may be long.
  const clean = value
    .slice(0, maxLength * 4)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}]/gu, '\ufffd')
    .trim()
  const characters = [...clean]
  if (characters.length === 0) return undefined
  return characters.length <= maxLength ? clean : `${characters.slice(0, maxLength - 1).join('')}…`
}

/**
 * A single e-mail address (RFC 5321 section 4.1.2, without quoted local parts and address literals), without name, second
 * recipient or line end. Undefined otherwise.
 */
export function mailAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 254) return undefined
  return address.test(value) ? value : undefined
}

const address =
  /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u

/** An http(s) URL without credentials; undefined for anything else. */
export function webLink(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2000) return undefined
  const url = URL.parse(value)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}

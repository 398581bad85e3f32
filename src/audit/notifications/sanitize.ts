// Text from events for people's eyes: one line, no control characters, not endless.

/**
 * What a person or a provider wrote, safe to stand in a subject, a line or a cell; escaping for HTML, mrkdwn or
 * Markdown is the channel's. Line breaks and other controls become a space, invisible and direction-turning characters
 * (CVE-2021-42574) the replacement character. Undefined for what is no text, and for nothing.
 */
export function oneLine(value: unknown, maxLength = 200): string | undefined {
  if (typeof value !== 'string') return undefined
  // Cut before it is looked at: what comes from outside may be long.
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
 * An e-mail address (RFC 5321 section 4.1.2, without quoted local parts and address literals) and nothing else: no
 * second recipient, no name, no line end. Undefined otherwise.
 */
export function mailAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 254) return undefined
  return address.test(value) ? value : undefined
}

const address =
  /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u

/** The address of a page of ours; undefined for anything that is not one for a browser. */
export function webLink(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2000) return undefined
  const url = URL.parse(value)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}

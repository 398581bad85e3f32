// Normalizes an email address for comparison, or rejects it.

/**
 * Lower case, NFC. Undefined unless the value is exactly one address: no second `@`, spaces, control characters, no
 * domain outside ASCII (full-width dots), no letters that become ASCII only by normalization (KELVIN SIGN).
 */
export function emailOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 254) return undefined
  const [local, domain, ...rest] = value.split('@')
  if (!local || !domain || rest.length > 0 || local.length > 64) return undefined
  if (!/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u.test(local)) return undefined
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i.test(domain)) return undefined
  const normal = local.normalize('NFC').toLowerCase()
  if (asciiLetters(normal) > asciiLetters(local) || normal.normalize('NFKC') !== normal) return undefined
  return `${normal}@${domain.toLowerCase()}`
}

function asciiLetters(text: string): number {
  return text.replaceAll(/[^\x00-\x7f]/g, '').length
}

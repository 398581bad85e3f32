// Normalizes an email address for comparison, or rejects it.

import { asciiDomain } from '../../net/domain-names.ts'

/**
 * Lower case, NFC. the domain in ASCII (`xn--`). Undefined unless the value is exactly one address: no second `@`, spaces,
 * control characters, no full-width dots in the domain, no letters that become ASCII only by normalization (KELVIN SIGN).
 */
export function emailOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 254) return undefined
  const [local, written, ...rest] = value.split('@')
  if (!local || !written || rest.length > 0 || local.length > 64) return undefined
  const domain = asciiDomain(written)
  if (!/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u.test(local)) return undefined
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(domain ?? '')) return undefined
  const normal = local.normalize('NFC').toLowerCase()
  if (asciiLetters(normal) > asciiLetters(local) || normal.normalize('NFKC') !== normal) return undefined
  return `${normal}@${domain}`
}

function asciiLetters(text: string): number {
  return text.replaceAll(/[^\x00-\x7f]/g, '').length
}

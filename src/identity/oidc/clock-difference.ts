// Clock difference to a provider, told from the time of issue of a token that it just sent.

import { clockTolerance, type TokenError } from './token-checks.ts'

const timeErrors: ReadonlySet<string> = new Set<TokenError>([
  'expired',
  'iat_in_future',
  'iat_too_old',
  'nbf_in_future',
  'auth_time_in_future',
])

/**
 * Says in words how far the clocks differ, for a token of a direct response that failed the check `fault`. Undefined for
 * another check, and when the token was issued just now: then the claim is wrong, and no clock. `now`: epoch milliseconds.
 */
export function clockDifference(
  fault: string,
  { iat }: Readonly<Record<string, unknown>>,
  now: number,
): string | undefined {
  if (!timeErrors.has(fault) || typeof iat !== 'number' || !Number.isFinite(iat)) return undefined
  const ahead = Math.round(iat - now / 1000)
  if (Math.abs(ahead) <= clockTolerance) return undefined
  return `${fault}: the clock of the provider is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead' : 'behind'}`
}

// When a certificate is renewed: as the authority suggests (ARI, RFC 9773), else when a third of its life is left.

import type { AcmeFailure } from './acme-failure.ts'
import type { HeldCertificate } from './host-record.ts'
import type { SignedRequests } from './signed-requests.ts'
import { renewalId } from './x509.ts'

/** Epoch milliseconds, both. */
export type RenewalTime = Pick<HeldCertificate, 'renewAt' | 'askAgainAt'>

const hour = 3_600_000
/** RFC 9773 4.3.2: `Retry-After` counts within limits of the client's own. */
const asking = { min: 60_000, usual: 6 * hour, max: 24 * hour }

type Life = Pick<HeldCertificate, 'cert' | 'notBefore' | 'notAfter'>

export function plannedRenewal({ notBefore, notAfter }: Omit<Life, 'cert'>): number {
  return notAfter - (notAfter - notBefore) / 3
}

/**
 * Asks the authority. Without an answer `before` stays, and it is asked again later: renewal never depends on it. `random`: from 0
 * up to 1, for a moment of the suggested window (RFC 9773 4.2).
 */
export async function askRenewalTime(
  certificate: Life & { readonly renewAt: number },
  requests: Pick<SignedRequests, 'directory' | 'get'>,
  { now, random, signal }: { readonly now: number; readonly random: number; readonly signal?: AbortSignal },
): Promise<RenewalTime & { readonly failure?: AcmeFailure }> {
  const later = { renewAt: certificate.renewAt, askAgainAt: now + asking.usual }
  try {
    const { renewalInfo } = await requests.directory()
    const id = renewalInfo === undefined ? undefined : await renewalId(certificate.cert)
    if (id === undefined) return later
    const { json, retryAt } = await requests.get(`${renewalInfo!}/${id}`, signal)
    const window = readWindow(json)
    const pause = Math.min(Math.max((retryAt ?? now + asking.usual) - now, asking.min), asking.max)
    if (window === undefined) return later
    const askAgainAt = now + pause
    // The moment chosen before stays while it is within the window, so that repeated questions do not move it.
    const kept = certificate.renewAt >= window.start && certificate.renewAt < window.end
    const chosen = kept ? certificate.renewAt : window.start + random * (window.end - window.start)
    return { renewAt: Math.min(chosen, latest(certificate)), askAgainAt }
  } catch (error) {
    signal?.throwIfAborted()
    return { ...later, failure: error as AcmeFailure }
  }
}

/** However late the authority suggests: there must be time for further attempts. */
function latest({ notBefore, notAfter }: Omit<Life, 'cert'>): number {
  return notAfter - (notAfter - notBefore) / 12
}

function readWindow(json: unknown): { readonly start: number; readonly end: number } | undefined {
  const { suggestedWindow } = (json ?? {}) as {
    readonly suggestedWindow?: { readonly start?: unknown; readonly end?: unknown }
  }
  const [start, end] = [Date.parse(String(suggestedWindow?.start)), Date.parse(String(suggestedWindow?.end))]
  // RFC 9773 4.2: a window that ends before it starts counts as if there were none. NaN compares false.
  return start < end ? { start, end } : undefined
}

// One order (RFC 8555 7.4): new order, authorization by a challenge, request, certificate.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChallengeType } from '../config/acme-settings.ts'
import type { Account } from './account.ts'
import { AcmeFailure, failureOf, shortText } from './acme-failure.ts'
import type { PendingChallenge } from './host-record.ts'
import type { Answer, SignedRequests } from './signed-requests.ts'
import { createProof, createRequest } from './x509.ts'

export interface OrderOptions {
  readonly requests: SignedRequests
  readonly account: Account
  /** By preference: the first that the authority offers. */
  readonly challenges: readonly ChallengeType[]
  /** Makes every node answer the challenge; resolves when all do. Undefined: none does any more. */
  readonly publish: (challenge: PendingChallenge | undefined) => Promise<void>
  /** RFC 9773 5: the certificate that this one replaces. */
  readonly replaces: string | undefined
  readonly now: () => number
  readonly signal: AbortSignal
  /** Told which challenge is tried. */
  readonly onChallenge: (type: ChallengeType) => void
}

export interface Issued {
  readonly cert: string
  readonly key: string
  readonly issuer: string
  readonly notBefore: number
  readonly notAfter: number
}

/** Milliseconds for an authorization or an order to come to an end, and between two questions about it. */
const patience = 180_000
const interval = { min: 250, max: 15_000 }
/** Milliseconds a challenge stays answerable: longer than an order takes, should this node die. */
const challengeLifetime = 10 * 60_000

/** Rejects with `AcmeFailure`, as `publish` does, or with the reason of the signal. */
export async function orderCertificate(name: string, options: OrderOptions): Promise<Issued> {
  const { requests, account, now, signal } = options
  const created = await newOrder(name, options)
  const order = objectOf(created)
  const url = created.location
  const [authorization] = Array.isArray(order['authorizations']) ? (order['authorizations'] as unknown[]) : []
  if (url === undefined || typeof authorization !== 'string' || typeof order['finalize'] !== 'string') {
    throw new AcmeFailure('unusable_answer', 'the authority gave an incomplete order')
  }
  if (order['status'] === 'pending') await authorize(name, authorization, options)
  const { key, csr } = await createRequest(name)
  const ready = await poll(url, options, (status) => status !== 'pending')
  if (statusOf(ready) !== 'ready') throw orderFailure(ready)
  await requests.post(order['finalize'], { csr }, account.signer, signal)
  const done = objectOf(await poll(url, options, (status) => status === 'valid' || status === 'invalid'))
  if (done['status'] !== 'valid' || typeof done['certificate'] !== 'string') throw failureOf(done['error'])
  const { text } = await requests.post(done['certificate'], undefined, account.signer, signal)
  return checkIssued(name, text, key, now())
}

async function newOrder(name: string, { requests, account, replaces, signal }: OrderOptions): Promise<Answer> {
  const { newOrder: url, renewalInfo } = await requests.directory()
  const identifiers = [{ type: 'dns', value: name }]
  if (replaces !== undefined && renewalInfo !== undefined) {
    try {
      return await requests.post(url, { identifiers, replaces }, account.signer, signal)
    } catch (error) {
      // RFC 9773 5: replaced already, or issued by another authority or account. The order is then as any other.
      const refused =
        error instanceof AcmeFailure && ['alreadyReplaced', 'malformed', 'unauthorized'].includes(error.code)
      if (!refused) throw error
    }
  }
  return requests.post(url, { identifiers }, account.signer, signal)
}

async function authorize(name: string, url: string, options: OrderOptions): Promise<void> {
  const { requests, account, challenges, publish, now, signal, onChallenge } = options
  const authorization = await requests.post(url, undefined, account.signer, signal)
  // The authority remembers earlier authorizations (RFC 8555 7.4.1).
  if (statusOf(authorization) === 'valid') return
  const offered = (objectOf(authorization)['challenges'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  const type = challenges.find((one) => offered.some((challenge) => challenge['type'] === one))
  const challenge = offered.find((one) => one['type'] === type)
  const token = challenge?.['token']
  // RFC 8555 8.1: base64url, so that it is safe in a path.
  if (
    type === undefined ||
    typeof challenge?.['url'] !== 'string' ||
    typeof token !== 'string' ||
    !/^[\w-]{1,256}$/.test(token)
  ) {
    const types = offered.map((one) => shortText(String(one['type']))).join(', ')
    throw new AcmeFailure(
      'no_challenge',
      `the authority offers for ${name}: ${types || 'nothing'}; here ${challenges.join(' and ')} can be answered`,
    )
  }
  onChallenge(type)
  const keyAuthorization = `${token}.${account.thumbprint}`
  const until = now() + challengeLifetime
  const proof = type === 'tls-alpn-01' ? await createProof(name, keyAuthorization, now(), until) : undefined
  try {
    await publish({ type, token, keyAuthorization, proof, until })
    await requests.post(challenge['url'], {}, account.signer, signal)
    const done = await poll(url, options, (status) => status !== 'pending' && status !== 'processing')
    if (statusOf(done) !== 'valid') throw authorizationFailure(done)
  } finally {
    await publish(undefined)
  }
}

/** RFC 8555 7.5.1. */
async function poll(url: string, options: OrderOptions, ended: (status: unknown) => boolean): Promise<Answer> {
  const { requests, account, now, signal } = options
  const since = performance.now()
  for (let wait = interval.min; ; wait = Math.min(wait * 2, interval.max)) {
    const answer = await requests.post(url, undefined, account.signer, signal)
    if (ended(statusOf(answer))) return answer
    const asked =
      answer.retryAt === undefined ? wait : Math.min(Math.max(answer.retryAt - now(), interval.min), interval.max)
    if (performance.now() - since + asked > patience) {
      throw new AcmeFailure('too_slow', `the authority has not decided within ${patience / 1000} seconds`)
    }
    await pause(asked, undefined, { signal })
  }
}

function authorizationFailure(answer: Answer): AcmeFailure {
  const challenges = (objectOf(answer)['challenges'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  const error = challenges.find((one) => one['error'] !== undefined)?.['error']
  return failureOf(error ?? { type: 'unauthorized', detail: `the authorization is ${String(statusOf(answer))}` })
}

function orderFailure(answer: Answer): AcmeFailure {
  const error = objectOf(answer)['error']
  return error === undefined
    ? new AcmeFailure(
        'unusable_answer',
        `the order is ${shortText(String(statusOf(answer)))} although it was authorized`,
      )
    : failureOf(error)
}

/** A certificate that no browser would accept must not take the place of one that works. */
function checkIssued(name: string, chain: string, key: string, now: number): Issued {
  let leaf: X509Certificate
  try {
    leaf = new X509Certificate(chain)
  } catch (cause) {
    throw new AcmeFailure('unusable_answer', 'the authority sent no certificate in PEM format', { cause })
  }
  const [notBefore, notAfter] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()]
  const wrong = !leaf.checkPrivateKey(createPrivateKey(key))
    ? 'is not for the key that was sent'
    : leaf.checkHost(name) === undefined
      ? `is not for ${name}`
      : notAfter <= now
        ? `ended on ${leaf.validToDate.toISOString()}`
        : notBefore > now + 3_600_000
          ? `begins on ${leaf.validFromDate.toISOString()} only`
          : undefined
  if (wrong !== undefined) throw new AcmeFailure('wrong_certificate', `the certificate of the authority ${wrong}`)
  return { cert: chain, key, issuer: issuerOf(leaf), notBefore, notAfter }
}

function issuerOf({ issuer }: X509Certificate): string {
  const [, name] = /^(?:CN|O)=(.+)$/m.exec(issuer) ?? []
  return shortText(name ?? issuer)
}

function objectOf({ json }: Answer): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null) return json as Readonly<Record<string, unknown>>
  throw new AcmeFailure('unusable_answer', 'the authority sent no JSON object')
}

function statusOf(answer: Answer): unknown {
  return objectOf(answer)['status']
}

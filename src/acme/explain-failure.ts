// Failures of an order in plain words: what happened, and what the administrator can do about it.

import type { ChallengeType } from '../config/acme-settings.ts'
import type { AcmeFailure } from './acme-failure.ts'

export interface Explanation {
  readonly cause: string
  readonly mend: string
}

export interface FailedOrder {
  readonly name: string
  readonly directory: string
  /** Of the attempt; undefined: none was tried. */
  readonly challenge: ChallengeType | undefined
}

/** The detail of the authority stands in `cause`, quoted: the reader sees which words are not ours. */
export function explainFailure(failure: Pick<AcmeFailure, 'code' | 'message'>, order: FailedOrder): Explanation {
  const authority = URL.parse(order.directory)?.hostname ?? 'the authority'
  const said = `${authority} says: "${failure.message}"`
  const [port, way] = order.challenge === 'http-01' ? ['80', 'gateway.http'] : ['443', 'a listener with TLS']
  switch (failure.code) {
    case 'dns':
      return {
        cause: `${order.name} has no usable address in DNS. ${said}`,
        mend: `set an A or AAAA record of ${order.name} to the public address of this gateway`,
      }
    case 'connection':
      return {
        cause: `the authority cannot reach ${order.name} on port ${port}. ${said}`,
        mend: `let port ${port} from the internet reach ${way}: firewall, router, and every A and AAAA record of ${order.name}`,
      }
    case 'tls':
    case 'unauthorized':
    case 'incorrectResponse':
      return {
        cause: `the authority did not get our answer on port ${port} of ${order.name}. ${said}`,
        mend:
          `let port ${port} from the internet reach ${way}, and every A and AAAA record of ${order.name} name this gateway; what stands before it must ` +
          (order.challenge === 'http-01'
            ? 'pass /.well-known/acme-challenge/ on'
            : 'not end TLS itself (else set acme.challenges: http-01)'),
      }
    case 'caa':
      return {
        cause: `DNS forbids this authority to issue for ${order.name} (CAA, RFC 8659). ${said}`,
        mend: `add the authority to the CAA record of ${order.name} or of its domain`,
      }
    case 'rateLimited':
      return {
        cause: `a rate limit of the authority is reached. ${said}`,
        mend: 'nothing: it is tried again when the authority permits it. To try things out, use a staging directory',
      }
    case 'rejectedIdentifier':
    case 'unsupportedIdentifier':
      return {
        cause: `the authority does not issue for ${order.name}. ${said}`,
        mend: 'use another host name, files in gateway.tls, or another authority (acme.directory)',
      }
    case 'externalAccountRequired':
      return {
        cause: `${authority} gives accounts only to its customers`,
        mend: 'get a key there and set acme.eab: { kid, hmac }',
      }
    case 'userActionRequired':
      return {
        cause: said,
        mend: 'read the terms of service of the authority; then restart or wait for the next attempt',
      }
    case 'invalidContact':
    case 'unsupportedContact':
      return { cause: `the authority refuses the mail address. ${said}`, mend: 'correct acme.email' }
    case 'accountDoesNotExist':
      return { cause: `the authority does not know our account. ${said}`, mend: 'nothing: a new account is made' }
    case 'badNonce':
    case 'serverInternal':
      return { cause: `the authority has a problem of its own. ${said}`, mend: 'nothing: it is tried again' }
    case 'unreachable':
      return {
        cause: failure.message,
        mend: `let this machine reach ${authority} by HTTPS: DNS, firewall, or an outbound proxy in HTTPS_PROXY`,
      }
    case 'untrusted':
      return { cause: failure.message, mend: 'set acme.ca to the PEM file of the authority that signed it' }
    case 'unusable_answer':
      return {
        cause: `${failure.message}: no answer of RFC 8555`,
        mend: 'check acme.directory: it is the URL of the directory, not of the web page of the authority',
      }
    case 'no_challenge':
      return {
        cause: failure.message,
        mend: 'set acme.challenges to one the authority offers, and listen on its port',
      }
    case 'too_slow':
      return { cause: failure.message, mend: 'nothing: it is tried again' }
    case 'wrong_certificate':
      return { cause: failure.message, mend: 'compare the clock of this machine with the time; else ask the authority' }
    case 'store':
      return { cause: failure.message, mend: 'see the line about the store' }
    // open: error types of the authority, and what is unexpected
    default:
      return { cause: `${failure.code}. ${said}`, mend: 'see the documentation of the authority about this error' }
  }
}

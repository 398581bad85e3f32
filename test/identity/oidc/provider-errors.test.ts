// Errors of a provider: which are temporary, which refuse the user, and what of them reaches the log.

import { ClientError, ResponseBodyError } from 'openid-client'
import { describe, expect, test } from 'vitest'
import { ProviderUnreachable } from '../../../src/identity/oidc/provider-http.ts'
import { printableError, providerErrorOf } from '../../../src/identity/oidc/sign-in-error.ts'

const refused = (error: string, status: number) =>
  new ResponseBodyError('refused', { cause: { error }, response: new Response('', { status }) })
const client = (code: string | undefined, cause?: unknown) => {
  const options = { code, cause }
  return new ClientError('failed', options)
}

describe('an error response', () => {
  test.each([
    ['invalid_grant', 400],
    ['invalid_client', 401],
    ['access_denied', 403],
  ])('%s with status %d refuses', (error, status) => {
    expect(providerErrorOf(refused(error, status))).toEqual({ kind: 'refused', error, status })
  })

  test.each([
    ['server_error', 400],
    ['temporarily_unavailable', 400],
    ['slow_down', 400],
    ['invalid_grant', 429],
    ['invalid_grant', 408],
  ])('%s with status %d is temporary', (error, status) => {
    expect(providerErrorOf(refused(error, status))).toEqual({ kind: 'unreachable', detail: error })
  })
})

describe('a call that failed', () => {
  test('because the provider cannot be reached is temporary, however deep the cause', () => {
    let error: Error = new ProviderUnreachable('connection refused')
    for (let depth = 0; depth < 7; depth++) error = new Error('outer', { cause: error })
    expect(providerErrorOf(error)).toMatchObject({ kind: 'unreachable', detail: expect.any(String) })
    expect(providerErrorOf(new Error('outer', { cause: error }))).toEqual({ kind: 'invalid', detail: 'Error' })
  })

  test.each([
    [client('OAUTH_TIMEOUT'), { kind: 'unreachable', detail: 'timed out' }],
    [client('OAUTH_ABORT'), { kind: 'unreachable', detail: 'timed out' }],
    [client('OAUTH_RESPONSE_IS_NOT_CONFORM', { status: 502 }), { kind: 'unreachable', detail: 'status 502' }],
    [client('OAUTH_RESPONSE_IS_NOT_CONFORM'), { kind: 'unreachable', detail: 'status unknown' }],
    [client('OAUTH_INVALID_RESPONSE'), { kind: 'invalid', detail: 'invalid_response' }],
    [
      client('OAUTH_JWT_CLAIM_COMPARISON_FAILED', { cause: { claim: 'nonce' } }),
      { kind: 'invalid', detail: 'jwt_claim_comparison_failed: nonce' },
    ],
    [
      client('OAUTH_KEY_SELECTION_FAILED', { cause: { attribute: 'kid' } }),
      { kind: 'invalid', detail: 'key_selection_failed: kid' },
    ],
    [client('OAUTH_X', { cause: { claim: 7 } }), { kind: 'invalid', detail: 'x' }],
    [client(undefined), { kind: 'invalid', detail: 'ClientError' }],
    [new RangeError('odd'), { kind: 'invalid', detail: 'RangeError' }],
    ['text', { kind: 'invalid', detail: 'unknown' }],
    [undefined, { kind: 'invalid', detail: 'unknown' }],
  ])('%#', (error, wanted) => {
    expect(providerErrorOf(error)).toEqual(wanted)
  })
})

test.each([
  ['access_denied', 'access_denied'],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), 'unprintable_error'],
  ['a b', 'unprintable_error'],
  ['a"b', 'unprintable_error'],
  ['a\nb', 'unprintable_error'],
  ['', 'unprintable_error'],
])('the code %j is logged as %j', (error, printed) => {
  expect(printableError(error)).toBe(printed)
})

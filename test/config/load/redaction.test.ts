// Redaction in messages: values where they are printed, and no words beside them.

import { expect, test } from 'vitest'
import { redact, redactFile } from '../../../src/config/load/secret-references.ts'
import { problems, smallest } from '../config-fixtures.ts'

test('a short secret is hidden where a message quotes it, and tells nothing about itself elsewhere', () => {
  expect(redact('apps.wiki.policy: unknown role "polc"', ['polc'])).toBe('apps.wiki.policy: unknown role "***"')
  expect(redact('expected redis:// or memory:', ['redis'])).toBe('expected redis:// or memory:')
})

test('a long secret is hidden wherever it stands', () => {
  const secret = 'kR3pQ9vX2mL7tB5w'
  expect(redact(`the host ${secret}.example is unknown`, [secret])).toBe('the host ***.example is unknown')
})

test('a file named by a reference is hidden, a folder that only begins alike is not', () => {
  expect(redactFile('/etc/einlass/polc', ['polc'])).toBe('/etc/einlass/***')
  expect(redactFile('/etc/policies/apps.yaml', ['polc'])).toBe('/etc/policies/apps.yaml')
})

test('paths and messages are those of any other secret', async () => {
  const wrong = smallest.replace('policy:', 'polcy:')
  const of = (secret: string) => problems(wrong.replace('env:OIDC_CLIENT_SECRET', secret))
  expect(await of('polc')).toEqual(await of('zzzz'))
  expect((await problems(`${smallest}store: redis\n`))[0]).toContain('expected redis://, rediss://')
})

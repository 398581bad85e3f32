// `identity.guests`: defaults, the mail server it needs, domains, the reserved name, and what changes are worth a line.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { openIdProviders } from '../../../src/config/guest-settings.ts'
import { printProblem } from '../../../src/config/load/problem.ts'
import { head, load, valid, wiki } from '../config-fixtures.ts'

const gateway = head.split('\n')[0]!
const provider = '{ issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }'
const mail =
  'audit: { file: { path: audit.jsonl }, sinks: [{ kind: mail, url: "smtp://mail.example.com", from: einlass@example.com }] }'

function withGuests(guests: string, { audit = mail, more = '', company = '' } = {}): string {
  const listed = `company: ${provider.replace(' }', `${company} }`)}`
  return `${gateway}\nidentity: { providers: { ${listed}${more} }, guests: ${guests} }\n${audit}\napps:\n${wiki}`
}

async function problemsOf(text: string): Promise<string[]> {
  const loaded = await load(text)
  return loaded.state === 'invalid'
    ? loaded.problems.map((one) => printProblem(one).replace(/^.*?einlass\.yaml:/, ''))
    : []
}

describe('identity.guests', () => {
  test('is a provider for policy, external by default, and none of OpenID Connect', async () => {
    const { providers, guests, external } = await valid(withGuests('{ mail: true }'))
    expect([...providers.keys()]).toEqual(['company', 'guests'])
    expect([...openIdProviders(providers).keys()]).toEqual(['company'])
    expect(guests).toMatchObject({ mail: { host: 'mail.example.com' }, domains: [], external: true })
    expect(external?.providers).toEqual(new Set(['guests']))
  })

  test('stands beside a provider that is written directly under identity', async () => {
    const text = `${gateway}\nidentity: { ${provider.slice(2, -2)}, guests: { mail: true, external: false } }\n${mail}\napps:\n${wiki}`
    const { providers, external } = await valid(text)
    expect([...providers.keys()]).toEqual(['default', 'guests'])
    expect(external?.providers).toEqual(new Set())
  })

  test('needs a mail server', async () => {
    expect(await problemsOf(withGuests('{ mail: true }', { audit: '' }))).toEqual([
      expect.stringContaining('identity.guests.mail: the codes need a mail server'),
    ])
    expect(await problemsOf(withGuests('{}'))).toEqual([expect.stringContaining('mail')])
  })

  test('can be switched off, so that its grants stay valid', async () => {
    const { guests, providers } = await valid(withGuests('{ mail: false }', { audit: '' }))
    expect(guests?.mail).toBeUndefined()
    expect(providers.has('guests')).toBe(true)
  })

  test('has domains of its own, in ASCII', async () => {
    const { guests } = await valid(withGuests('{ mail: true, domains: [Zulieferer-Müller.example] }'))
    expect(guests?.domains).toEqual(['xn--zulieferer-mller-uzb.example'])
    const shared = withGuests('{ mail: true, domains: [example.com] }', { company: ', domains: [example.com]' })
    expect(await problemsOf(shared)).toEqual([expect.stringContaining('already belongs to the provider "company"')])
  })

  test('reserves the name', async () => {
    const text = withGuests('{ mail: true }', { more: `, guests: ${provider}` })
    expect(await problemsOf(text)).toEqual([expect.stringContaining('this name is reserved')])
  })

  test('is named by grants and rules', async () => {
    const grant = `grants: [{ who: { provider: guests, email: Kim@Supplier.Example }, app: wiki, sponsor: a@example.com, from: 2026-11-01, until: 2026-12-20 }]`
    const { grants } = await valid(`${withGuests('{ mail: true }')}${grant}\n`)
    expect(grants[0]?.who).toBe('guests|mailto:kim@supplier.example')
  })

  test('warns where passkeys are impossible', async () => {
    const text = withGuests('{ mail: true }').replace('https://access.example.com', 'https://192.0.2.1')
    const loaded = await load(text)
    expect(loaded.warnings.map(printProblem).join('\n')).toContain('guests cannot add passkeys')
  })

  test('whose changes are worth a line', async () => {
    const before = await valid(withGuests('{ mail: true }'))
    const after = await valid(withGuests('{ mail: false, domains: [supplier.example], external: false }'))
    expect(compareConfigurations(before, { ...after, store: before.store })).toEqual([
      'guests: can no longer sign in, and their sessions end',
      'guests: codes are sent to supplier.example',
      'provider guests: is no longer external',
    ])
  })
})

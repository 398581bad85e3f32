// Readers of `einlass init`: defaults that admit nobody by accident, names of applications, kinds of providers, certificates.

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { usualAudience } from '../../../src/cli/init/ask-application.ts'
import { en } from '../../../src/cli/init/messages/en.ts'
import { languageOf } from '../../../src/cli/init/messages/language.ts'
import { guides, kinds } from '../../../src/cli/init/provider-guides.ts'
import { readApplicationName, readAudience, usualAddress } from '../../../src/cli/init/read-application.ts'
import { readKeyOf, readMailOrCertificate, usualKeyOf } from '../../../src/cli/init/read-certificate.ts'
import { readGatewayAddress } from '../../../src/cli/init/read-domain.ts'
import { recogniseKind } from '../../../src/cli/init/recognise-kind.ts'
import { makeCertificate } from '../../config/test-certificate.ts'
import { folder } from '../../config/config-fixtures.ts'

describe('the default of who may use an application', () => {
  test.each([
    ['the domain, if the gateway is in it', 'anna@example.com', 'access.example.com', '@example.com'],
    ['also further up', 'anna@example.com', 'access.intern.example.com', '@example.com'],
    // Everybody at a hoster of mail would be admitted.
    ['the address alone at a hoster of mail', 'anna@gmail.com', 'access.example.com', 'anna@gmail.com'],
    ['no suffix of another name', 'anna@ample.com', 'access.example.com', 'anna@ample.com'],
    ['nobody, where no address is known', undefined, 'access.example.com', undefined],
  ])('is %s', (_what, mail, hostname, expected) => {
    expect(usualAudience(mail, { hostname })).toBe(expected)
  })

  test('is split at commas into groups, domains and addresses', async () => {
    expect(await readAudience(en)('staff, @example.com,kim@partner.example ')).toMatchObject({
      value: { groups: ['staff'], domains: ['example.com'], users: ['kim@partner.example'] },
    })
    for (const wrong of [' , ', '@', '@x', 'a@', 'a@b@c.de']) expect((await readAudience(en)(wrong)).ok).toBe(false)
  })
})

test.each([
  ['Wiki', 'wiki'],
  ['Lager & Versand', 'lager-versand'],
  ['Größe', 'groesse'],
  ['Éclair', 'eclair'],
  ['-- 7 --', '7'],
  ['x'.repeat(90), 'x'.repeat(40)],
])('an application called %s is %s', async (title, name) => {
  expect(await readApplicationName(en)(title)).toMatchObject({ ok: true, value: { name, title } })
})

test('an application without a letter has no name', async () => {
  expect(await readApplicationName(en)(']: {')).toEqual({ ok: false, problem: en.application.noName })
})

test.each([
  ['http://access.localhost:8080', 'http://wiki.localhost:8080'],
  ['http://localhost:8080', 'http://wiki.localhost:8080'],
])('beside %s an application is %s', async (typed, expected) => {
  const reading = await readGatewayAddress(en)(typed)
  if (!reading.ok) throw new Error(reading.problem)
  expect(usualAddress('wiki', reading.value)).toBe(expected)
})

test.each([
  ['https://login.microsoftonline.com/x/v2.0', {}, 'entra'],
  ['https://accounts.google.com', {}, 'google'],
  ['https://a.okta.com/oauth2/default', {}, 'okta'],
  ['https://a.eu.auth0.com/', {}, 'auth0'],
  ['https://cognito-idp.eu-central-1.amazonaws.com/x', {}, 'cognito'],
  [
    'https://login.example.com/realms/staff',
    { authorization_endpoint: 'https://login.example.com/realms/staff/protocol/openid-connect/auth' },
    'keycloak',
  ],
  [
    'https://adfs.example.com/adfs',
    { authorization_endpoint: 'https://adfs.example.com/adfs/oauth2/authorize/' },
    'adfs',
  ],
  ['https://git.example.com', { claims_supported: ['sub', 'groups_direct'] }, 'gitlab'],
  // A stranger's name that only ends alike gets no preset.
  ['https://notokta.com', {}, 'generic'],
  ['https://accounts.google.com.example.com', {}, 'generic'],
])('%s with %j is %s', (issuer, metadata, kind) => {
  expect(recogniseKind(issuer, metadata)).toBe(kind)
})

test.each([
  [{ LC_ALL: 'de_AT.UTF-8', LANG: 'en_GB.UTF-8' }, 'de'],
  [{ LC_ALL: '', LANG: 'de_DE' }, 'de'],
  [{ LC_ALL: 'C', LANG: 'de_DE' }, 'en'],
  [{ LANG: 'den_XX' }, 'en'],
  [{}, 'en'],
])('the locale %j speaks %s', (env, language) => {
  expect(languageOf(env)).toBe(language)
})

test('certificate files are checked as a pair, and for the name', async () => {
  const [own, other] = [makeCertificate(['*.example.com']), makeCertificate(['*.example.com'])]
  const cwd = await folder({ 'a.crt': own.cert, 'a.key': own.key, 'b.key': other.key, 'c.pem': 'no pem' })
  const read = readMailOrCertificate(en, cwd, 'access.example.com', undefined)
  expect(await read('a.crt')).toMatchObject({
    ok: true,
    value: { kind: 'files', cert: join(cwd, 'a.crt') },
    remarks: [],
  })
  expect(await readMailOrCertificate(en, cwd, 'access.example.org', undefined)('a.crt')).toMatchObject({
    remarks: [en.certificate.otherName('access.example.org')],
  })
  expect(await read('c.pem')).toEqual({ ok: false, problem: en.certificate.noCertificate })
  expect(await read('none.crt')).toEqual({ ok: false, problem: en.certificate.unreadable('none.crt', 'ENOENT') })
  expect(await read('it@example.com')).toMatchObject({ ok: true, value: { kind: 'acme' } })
  const internal = readMailOrCertificate(en, cwd, 'access.corp.internal', undefined)
  expect(await internal('it@example.com')).toEqual({
    ok: false,
    problem: en.certificate.noAcme('access.corp.internal'),
  })
  const key = readKeyOf(en, cwd, join(cwd, 'a.crt'))
  expect(await key('a.key')).toMatchObject({ ok: true })
  expect(await key('b.key')).toEqual({ ok: false, problem: en.certificate.otherKey })
  expect(await key('c.pem')).toEqual({ ok: false, problem: en.certificate.noKey })
  expect(usualKeyOf(join(cwd, 'a.crt'))).toBe(join(cwd, 'a.key'))
  await writeFile(join(cwd, 'd.crt'), own.cert)
  expect(usualKeyOf(join(cwd, 'd.crt'))).toBeUndefined()
})

describe('where to click agrees with the page of the provider', () => {
  const pages = new Map(kinds.filter((kind) => kind !== 'generic').map((kind) => [kind, pageOf(kind)]))

  test.each([...pages])('%s', (kind, page) => {
    const { redirect, signedOut, backchannel, where } = guides[kind]
    for (const field of [redirect, signedOut, backchannel].filter((one) => one !== undefined)) {
      expect(page).toContain(plain(field.replace(/ \(.*\)$|, platform.*$/, '')))
    }
    for (const line of where.en) {
      const names = line.split(/[>:;,.]| and | und /).map((part) => part.trim())
      for (const name of names.filter(
        (one) =>
          /^[A-Z][a-z]+ [A-Z(]?[a-z]/.test(one) &&
          !/^(?:In |Groups |Gruppen |Rules |Same |Beide |Google states|Google nennt)/.test(one),
      )) {
        const known =
          page.includes(plain(name)) ||
          plain(name)
            .split(' ')
            .every((word) => page.includes(word))
        expect({ kind, name, known }).toEqual({ kind, name, known: true })
      }
    }
    expect(page.includes('/signed-out') || kind === 'entra').toBe(signedOut !== undefined)
    expect(page.includes('/backchannel-logout/')).toBe(backchannel !== undefined)
  })

  function pageOf(kind: string): string {
    const files = [`guides/providers/${kind}`, ...(kind === 'keycloak' ? ['tutorials/keycloak'] : [])]
    return plain(
      files.map((file) => readFileSync(new URL(`../../../docs/${file}.md`, import.meta.url), 'utf8')).join('\n'),
    )
  }

  function plain(text: string): string {
    return text.replaceAll(/[*`]/g, '').toLowerCase()
  }
})

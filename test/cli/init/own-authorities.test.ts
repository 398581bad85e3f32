// Files that the answers of `einlass init` name outside the folder of the service, which reads nothing elsewhere.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configurationText, type Answers } from '../../../src/cli/init/configuration-text.ts'
import { messagesIn } from '../../../src/cli/init/messages/language.ts'
import { ownAuthorities, pairOutside } from '../../../src/cli/init/own-authorities.ts'
import { servicePlaces } from '../../../src/cli/init/service.ts'
import { folder } from '../../config/config-fixtures.ts'

function answersWith(certificate: Answers['certificate'], providerCa?: string): Answers {
  return {
    origin: 'https://access.example.com',
    certificate,
    identity: {
      kind: 'generic',
      issuer: 'https://login.example.com',
      client_id: 'einlass',
      ...(providerCa !== undefined && { ca: providerCa }),
    },
    demoProvider: false,
    timeZone: 'Europe/Berlin',
    organisation: 'Muster',
    app: {
      name: 'wiki',
      title: 'Wiki',
      from: 'https://wiki.example.com',
      to: 'http://127.0.0.1:1',
      who: { groups: ['staff'], domains: [], users: [] },
    },
    places: { ...servicePlaces(() => true), operations: undefined },
  }
}

function byAcme(ca: string | undefined): Answers['certificate'] {
  return { kind: 'acme', mail: 'it@example.com', authority: { directory: 'https://ca.example.com/dir', ca } }
}

test('authorities elsewhere are copied beside the configuration, which names the copies', async () => {
  const elsewhere = await folder({ 'acme.pem': 'of acme', 'login.pem': 'of the provider' })
  const given = answersWith(byAcme(join(elsewhere, 'acme.pem')), join(elsewhere, 'login.pem'))
  const { answers, files } = await ownAuthorities(given, '/etc/einlass')
  expect(files).toEqual([
    { name: 'provider-ca.pem', content: 'of the provider', mode: 0o640 },
    { name: 'acme-ca.pem', content: 'of acme', mode: 0o640 },
  ])
  const yaml = configurationText(answers, messagesIn('en'))
  expect(yaml).toContain('ca: provider-ca.pem')
  expect(yaml).toContain('ca: acme-ca.pem')
  expect(yaml).not.toContain(elsewhere)
})

test('what is in the folder already, or cannot be read, keeps its path', async () => {
  const own = await folder()
  const ca = join(own, 'company.pem')
  await writeFile(ca, 'of the company')
  const missing = join(await folder(), 'missing.pem')
  const given = answersWith(byAcme(missing), ca)
  expect(await ownAuthorities(given, own)).toEqual({ answers: given, files: [] })
  const none = answersWith(byAcme(undefined))
  expect(await ownAuthorities(none, own)).toEqual({ answers: none, files: [] })
})

test('a certificate and key elsewhere are named: a copy would not be renewed', () => {
  const pair = (cert: string, key: string): Answers => answersWith({ kind: 'files', cert, key })
  expect(pairOutside(pair('/etc/einlass/a.crt', '/etc/einlass/tls/..a.key'), '/etc/einlass')).toEqual([])
  expect(pairOutside(pair('/etc/einlass-old/a.crt', '/etc/a.key'), '/etc/einlass')).toEqual([
    '/etc/einlass-old/a.crt',
    '/etc/a.key',
  ])
  expect(pairOutside(answersWith(byAcme(undefined)), '/etc/einlass')).toEqual([])
})

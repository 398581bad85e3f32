// Configuration written by `einlass init`: golden files in both languages, and whatever is typed comes back as it was.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { configurationText, type Answers } from '../../../src/cli/init/configuration-text.ts'
import { de } from '../../../src/cli/init/messages/de.ts'
import { en } from '../../../src/cli/init/messages/en.ts'
import { prepareFiles } from '../../../src/cli/init/prepare-files.ts'
import { checkAudience, readApplicationName } from '../../../src/cli/init/read-application.ts'
import { readText } from '../../../src/cli/init/read-text.ts'
import { loadConfiguration } from '../../../src/config/load/load.ts'

const answers: Answers = {
  origin: 'https://access.example.com',
  certificate: { kind: 'acme', mail: 'it@example.com', authority: undefined },
  identity: {
    kind: 'keycloak',
    issuer: 'https://login.example.com/realms/staff',
    client_id: 'einlass',
    claims: { groups: { claim: 'groups', shape: 'path' } },
  },
  demoProvider: false,
  timeZone: 'Europe/Berlin',
  organisation: 'Muster & Söhne: GmbH',
  app: {
    name: 'wiki',
    title: 'Wiki',
    from: 'https://wiki.example.com',
    to: 'http://10.20.0.7:3000',
    who: { groups: ['staff'], domains: ['example.com'], users: ['kim@partner.example'] },
  },
  places: { store: 'einlass.db', audit: 'audit.jsonl', adminSocket: 'admin.sock', operations: undefined },
}

test('the file, in English', () => {
  expect(configurationText(answers, en)).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=einlass.schema.json

    # Written by \`einlass init\`. Every key: docs/reference/configuration.md. Check a change: einlass check --config FILE

    # Einlass itself: sign-in, portal and pages of its own.
    gateway:
      url: https://access.example.com
      # Certificates for this address and every \`from\`, ordered and renewed by ACME.
      acme: { email: it@example.com, terms_of_service: agreed }
      # Seals what the store holds. Keep a copy; a list of two rotates it.
      secret_key: file:secret.key
      # For \`einlass status\`, \`sessions\`, \`grants\` ...
      admin_socket: admin.sock
      # Of times on pages, in mails and in the output of commands.
      time_zone: Europe/Berlin

    # One node, durable. Several nodes: redis://HOST
    store: sqlite:einlass.db

    # Shown on every page and in mails.
    organisation: { name: "Muster & Söhne: GmbH" }

    # Where people sign in: Keycloak.
    identity:
      kind: keycloak
      issuer: https://login.example.com/realms/staff
      client_id: einlass
      client_secret: file:client.secret
      # Where the groups are, as the trial sign-in showed.
      claims: { groups: { claim: groups, shape: path } }
      # What proves a second factor is not said yet: mfa: { acr_any: [...] } or { amr_any: [...] }.
      # Addresses count only if the provider states email_verified; email_verified: assumed if it verifies all of them.

    # One entry for each application.
    apps:
      wiki:
        # Its address for people; leads to Einlass.
        from: https://wiki.example.com
        # Its address inside; it should accept connections from Einlass alone.
        to: http://10.20.0.7:3000
        title: Wiki
        # A deny that matches wins, then the first allow whose conditions are all met; else access is denied.
        policy:
          - { name: by group, allow: { groups: [ staff ] } }
          - { name: everybody of our domain, allow: { domains: [ example.com ] } }
          - { name: by address, allow: { users: [ kim@partner.example ] } }

    # Every sign-in and decision, one JSON object per line.
    audit: { file: { path: audit.jsonl } }
    "
  `)
})

test('the file, in German, with own certificates and what a trial sign-in showed', () => {
  const other: Answers = {
    ...answers,
    certificate: { kind: 'files', cert: '/etc/ssl/wildcard.crt', key: '/etc/ssl/wildcard.key' },
    identity: { ...answers.identity, kind: 'generic', scopes: ['openid', 'roles'], mfa: { amr_any: ['mfa', 'otp'] } },
    places: { ...answers.places, operations: '127.0.0.1:9091' },
  }
  expect(configurationText(other, de)).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=einlass.schema.json

    # Geschrieben von \`einlass init\`. Alle Schlüssel: docs/reference/configuration.md. Eine Änderung prüfen: einlass check --config DATEI

    # Einlass selbst: Anmeldung, Portal und eigene Seiten.
    gateway:
      url: https://access.example.com
      # Werden neu gelesen, wenn sich die Dateien ändern.
      tls: { cert: /etc/ssl/wildcard.crt, key: /etc/ssl/wildcard.key }
      # Versiegelt, was im Speicher liegt. Eine Kopie verwahren; eine Liste aus zweien wechselt ihn.
      secret_key: file:secret.key
      # Für \`einlass status\`, \`sessions\`, \`grants\` ...
      admin_socket: admin.sock
      # /livez, /readyz und /metrics; niemals öffentlich.
      operations: 127.0.0.1:9091
      # Der Zeiten auf Seiten, in Mails und in der Ausgabe von Befehlen.
      time_zone: Europe/Berlin

    # Ein Knoten, dauerhaft. Mehrere Knoten: redis://HOST
    store: sqlite:einlass.db

    # Steht auf jeder Seite und in Mails.
    organisation: { name: "Muster & Söhne: GmbH" }

    # Wo sich alle anmelden: OpenID Connect.
    identity:
      issuer: https://login.example.com/realms/staff
      client_id: einlass
      client_secret: file:client.secret
      # Wird bei jeder Anmeldung angefordert.
      scopes: [ openid, roles ]
      # Wo die Gruppen stehen, wie die Probe-Anmeldung zeigte.
      claims: { groups: { claim: groups, shape: path } }
      # Was einen zweiten Faktor belegt, wie die Probe-Anmeldung zeigte.
      mfa: { amr_any: [ mfa, otp ] }
      # Adressen zählen nur, wenn der Anbieter email_verified angibt; email_verified: assumed, wenn er alle bestätigt.

    # Ein Eintrag je Anwendung.
    apps:
      wiki:
        # Ihre Adresse für die Menschen; führt zu Einlass.
        from: https://wiki.example.com
        # Ihre Adresse im Inneren; sie sollte nur Verbindungen von Einlass annehmen.
        to: http://10.20.0.7:3000
        title: Wiki
        # Ein deny, das zutrifft, gewinnt; dann das erste allow, dessen Bedingungen alle erfüllt sind; sonst kein Zugang.
        policy:
          - { name: nach Gruppe, allow: { groups: [ staff ] } }
          - { name: alle aus unserer Domain, allow: { domains: [ example.com ] } }
          - { name: nach Adresse, allow: { users: [ kim@partner.example ] } }

    # Jede Anmeldung und Entscheidung, ein JSON-Objekt je Zeile.
    audit: { file: { path: audit.jsonl } }
    "
  `)
})

describe('strange input', () => {
  /** Texts with what YAML, secret references and terminals give a meaning to. */
  const strange = fc.oneof(
    fc.constantFrom(
      ']: {',
      '#x',
      '- a',
      '&a',
      '*a',
      '!!js',
      'yes',
      'null',
      '1',
      '~',
      '"',
      "'",
      '{}',
      '%YAML',
      'a: b',
      ' x',
      '\\',
      '? a',
      '|',
      '>-',
      '@x',
      '`x`',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...':{}[],&*#?|-<>=!%@`"\' \\naäß💥'), minLength: 1, maxLength: 30 }),
  )

  test('names of groups, organisation and application come back as typed, and nothing beside them', () => {
    fc.assert(
      fc.property(strange, strange, (group, organisation) => {
        for (const text of [group, organisation]) if (!readText(en)(text).ok) return
        const text = configurationText(
          {
            ...answers,
            organisation,
            app: { ...answers.app, title: group, who: { groups: [group], domains: [], users: [] } },
          },
          en,
        )
        const value = parse(text) as Record<string, unknown>
        const plain = parse(configurationText(answers, en)) as { apps: { wiki: object } }
        expect(value).toEqual({
          ...plain,
          organisation: { name: organisation },
          apps: {
            wiki: { ...plain.apps.wiki, title: group, policy: [{ name: 'by group', allow: { groups: [group] } }] },
          },
        })
      }),
      { numRuns: 500 },
    )
  })

  test.each(['env:HOME', 'file:/etc/passwd', 'file:secret.key'])(
    '%s, which would be read as a secret reference, is refused',
    async (text) => {
      expect(readText(en)(text)).toEqual({ ok: false, problem: en.secretReference })
      expect((await readApplicationName(en)(text)).ok).toBe(false)
      expect((await checkAudience(en, { groups: [text], domains: [], users: [] })).ok).toBe(false)
    },
  )

  test.each(['a\nb', 'a\u001b[2J', 'a\u0000', '\u202eabc', '\ud800'])('control characters are refused: %j', (text) => {
    expect(readText(en)(text)).toEqual({ ok: false, problem: en.unprintable })
  })
})

test('the files load as the gateway loads them, before any of them exists', async () => {
  const files = await prepareFiles({ answers, clientSecret: 'secret: of this test' }, '/nowhere/at-all', {}, en)
  expect(files.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
    ['einlass.yaml', '640'],
    ['einlass.schema.json', '644'],
    ['secret.key', '600'],
    ['client.secret', '600'],
  ])
  expect(Buffer.from(files[2]!.content, 'base64')).toHaveLength(32)
  expect(files[3]!.content).toBe('secret: of this test\n')
  expect(files[0]!.content).not.toContain('secret: of')
  const contents = new Map(files.map(({ name, content }) => [`/nowhere/at-all/${name}`, Buffer.from(content)]))
  const loaded = await loadConfiguration({
    file: '/nowhere/at-all/einlass.yaml',
    env: {},
    readFile: async (path) => contents.get(path) ?? Promise.reject(new Error(path)),
  })
  expect(loaded).toMatchObject({ state: 'valid', configuration: { gateway: { origin: 'https://access.example.com' } } })
})

test('answers that contradict the schema are named, and nothing is returned', async () => {
  const wrong = { ...answers, identity: { ...answers.identity, issuer: 'ftp://login.example.com' } }
  await expect(prepareFiles({ answers: wrong, clientSecret: 'x' }, '/nowhere', {}, en)).rejects.toThrow(
    /nothing was written:\n {2}einlass\.yaml:\d+:\d+: identity\.issuer: /,
  )
})

// Secrets leave the loader only as configuration values: never in a problem, a warning or a printed object.

import { inspect } from 'node:util'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check } from '../../../src/cli/check.ts'
import { loadConfiguration } from '../../../src/config/load/load.ts'
import { folder, smallest } from '../config-fixtures.ts'

/** Positions of a secret, correct or by mistake. `@` is the placeholder. */
const places = [
  smallest.replace('env:OIDC_CLIENT_SECRET', 'env:PLANTED'),
  smallest.replace('env:OIDC_CLIENT_SECRET', 'file:planted'),
  smallest.replace('env:OIDC_CLIENT_SECRET', '"@"'),
  smallest.replace('file:secret.key', 'env:PLANTED'),
  smallest.replace('file:secret.key', '["@"]'),
  smallest.replace('https://login.example.com', 'env:PLANTED'),
  smallest.replace('https://login.example.com', 'https://u:@@login.example.com'),
  smallest.replace('https://access.example.com', 'https://u:@@access.example.com'),
  smallest.replace('http://10.20.0.7:3000', 'http://u:@@10.20.0.7:3000'),
  smallest.replace('client_secret: env:OIDC_CLIENT_SECRET', 'private_key: "@"'),
  smallest.replace('groups: [staff]', 'schedule: env:PLANTED'),
  smallest.replace('groups: [staff]', 'device: "@", mfa: env:PLANTED'),
  smallest.replace('wildcard.crt', 'env:PLANTED'),
  `${smallest}store: "redis://u:@@127.0.0.1:6379"\n`,
  `${smallest}store: env:PLANTED\n`,
  `${smallest}store: "@"\n`,
  `${smallest}session: { idle: env:PLANTED }\n`,
  `${smallest}limits: { header_count: env:PLANTED }\n`,
  `${smallest}networks: { a: [env:PLANTED] }\n`,
  `${smallest}grants: [{ who: env:PLANTED, app: env:PLANTED, until: env:PLANTED }]\n`,
  `${smallest}devices: { sources: [{ kind: trusted_header, networks: 10.0.0.0/8, secret: env:PLANTED }] }\n`,
  `${smallest}devices: { sources: [{ kind: trusted_header, networks: 10.0.0.0/8, secret: "@" }] }\n`,
  `${smallest}schedules: { s: { from: "08:00", to: "18:00", tz: env:PLANTED } }\n`,
  `${smallest}include: env:PLANTED\n`,
  `${smallest}audit: { stdout: env:PLANTED }\n`,
  `${smallest}audit: { spool: { path: s }, sinks: [{ kind: slack, url: "https://hooks.example.com/@" }] }\n`,
  `${smallest}audit: { spool: { path: s }, sinks: [{ kind: teams, url: env:PLANTED }] }\n`,
  `${smallest}audit: { spool: { path: s }, sinks: [{ kind: webhook, url: https://a.example, secret: env:PLANTED }] }\n`,
  `${smallest}audit: { spool: { path: s }, sinks: [{ kind: mail, url: "smtp://u:@@a.example", from: env:PLANTED }] }\n`,
  `${smallest}audit: { spool: { path: s }, sinks: [{ kind: mail, url: smtp://a.example, from: a@b.example, user: u, password: "@" }] }\n`,
  `${smallest}store: *@\n`,
  `${smallest}store: !@ x\n`,
  `${smallest}store: "\\q@"\n`,
]

test('a secret never appears in output, at any position', async () => {
  const path = await folder()
  const file = join(path, 'einlass.yaml')
  const secrets = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/)
  await fc.assert(
    fc.asyncProperty(secrets, fc.constantFrom(...places), async (secret, place) => {
      const text = place.replaceAll('@@', `${secret}@`).replaceAll(/(?<![A-Za-z0-9])@/g, secret)
      await writeFile(file, text)
      await writeFile(join(path, 'planted'), `${secret}\n`)
      const env = { OIDC_CLIENT_SECRET: 'another-secret', PLANTED: secret }
      const loaded = await loadConfiguration({ file, env })
      // `watched` is for the watcher and never printed.
      const shown = [JSON.stringify([loaded.state === 'invalid' && loaded.problems, loaded.warnings])]
      if (loaded.state === 'valid') {
        // Settings with secrets, which may be printed.
        const { providers, store, devices, gateway, audit } = loaded.configuration
        const carriers = [...providers.values(), store, ...devices.sources, gateway, ...audit.sinks]
        shown.push(...carriers.map((one) => JSON.stringify(one)), ...carriers.map((one) => inspect(one, { depth: 9 })))
      }
      let output = ''
      const io = {
        stdout: (one: string) => void (output += one),
        stderr: (one: string) => void (output += one),
        env,
        cwd: path,
      }
      await check(['--config', 'einlass.yaml'], io)
      await check(['--config', 'einlass.yaml', '--against', 'einlass.yaml', '--json'], io)
      // A valid issuer given by reference is not secret, but appears in no message either.
      expect([...shown, output].filter((one) => one.includes(secret) && !one.includes('"issuer"'))).toEqual([])
      expect(output).not.toContain(secret)
    }),
    { numRuns: 120 },
  )
})

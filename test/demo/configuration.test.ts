// The demo's configuration file loads without problems or warnings.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { demoAddresses, demoConfiguration } from '../../src/demo/configuration.ts'

let folder: string
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the file loads without problems or warnings, and contains the apps, grants and requests of the demo', async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-demo-'))
  for (const name of ['company', 'partner', 'device']) {
    await writeFile(join(folder, `${name}.secret`), `${'s'.repeat(43)}\n`, { mode: 0o600 })
  }
  const ports = { gateway: 8080, company: 8081, partner: 8082, laptop: 8083, operations: 8084 }
  const grantUntil = Date.now() + 15_000
  const file = join(folder, 'einlass.yaml')
  const at = 'http://127.0.0.1:1'
  const upstreams = { wiki: at, payroll: at, machines: at, servers: at }
  await writeFile(file, demoConfiguration({ ports, upstreams, scenes: at, grantUntil, revalidate: '2s' }))

  const loaded = await loadConfiguration({ file, env: {} })
  if (loaded.state !== 'valid') expect.unreachable(JSON.stringify(loaded))
  expect(loaded.warnings).toEqual([])
  const { configuration } = loaded
  expect(configuration.gateway.origin).toBe(demoAddresses(ports).gateway)
  expect(configuration.gateway.listen.map(({ host }) => host)).toEqual(['127.0.0.1'])
  expect([...configuration.apps.values()].map((app) => app.origin)).toEqual([
    ...Object.values(demoAddresses(ports).apps),
    demoAddresses(ports).stage,
  ])
  expect(configuration.grants).toMatchObject([{ app: 'machines', level: 'full', until: grantUntil }])
  // The external user gets in by a grant with a sponsor and an end; other users may request access.
  expect(configuration.grants).toMatchObject([
    { who: 'partner|mailto:miro@partner.example', sponsor: 'erika@example.com' },
  ])
  const { requests, emergency } = configuration.apps.get('machines')!
  expect(requests).toMatchObject({ levels: ['read', 'full'], reason: 'required', approvals: 1 })
  expect(emergency).toMatchObject({ reviewers: requests!.approvers, maxDuration: 30 * 60_000 })
  expect(configuration.session.revalidate).toBe(2000)
})

// A worker loads the configuration from the supervisor's snapshot, whatever has happened to the files since.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../../src/server/workers/messages.ts'
import { readSnapshot, takeSnapshot } from '../../../src/server/workers/config-snapshot.ts'
import { env, folder, head } from '../../config/config-fixtures.ts'

const app = (name: string): string =>
  `apps: { ${name}: { from: https://${name}.example.com, to: http://10.0.0.1, policy: [{ allow: { groups: [g] } }] } }\n`

async function taken(): Promise<{ place: string; snapshot: Snapshot; hash: string }> {
  const place = await folder({ 'einlass.yaml': `${head}include: [apps.d/*.yaml]\n`, 'apps.d/one.yaml': app('one') })
  const { loaded, snapshot } = await takeSnapshot(join(place, 'einlass.yaml'), env)
  if (loaded.state === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  return { place, snapshot: { ...snapshot, workers: 2 }, hash: loaded.configuration.hash }
}

test('the same hash, apps and keys although the files were removed, added or overwritten', async () => {
  const { place, snapshot, hash } = await taken()
  await writeFile(join(place, 'einlass.yaml'), 'nonsense')
  await writeFile(join(place, 'apps.d', 'two.yaml'), app('two'))
  await writeFile(join(place, 'apps.d', 'three.yaml'), 'nonsense')
  for (const name of ['apps.d/one.yaml', 'secret.key', 'wildcard.key']) await rm(join(place, name))
  const read = await readSnapshot(snapshot, env)
  if (read.state === 'invalid') throw new Error(JSON.stringify(read.problems))
  expect(read.configuration.hash).toBe(hash)
  expect([...read.configuration.apps.keys()]).toEqual(['one'])
  expect(read.configuration.gateway.secretKeys).toHaveLength(1)
  expect(read.configuration.limits.connectionsPerAddress).toBe(128)
})

// The bundle of the packages against the sources: same commands, same demo, same versions, and no file it would miss.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/package/bundle.ts'
import { commands } from '../../src/cli/cli.ts'
import { favicon, stylesheet } from '../../src/web/kit/assets.ts'
import { installedVersions } from '../../src/server/management/minimum-versions.ts'
import type { Status } from '../../src/server/management/status.ts'
import { run } from '../cli/run-command.ts'
import { createSecurityEnvironment } from '../security/environment.ts'
import { buildPackagedProgram, type PackagedProgram } from '../support/packaged-program.ts'

let built: PackagedProgram
beforeAll(async () => {
  built = await buildPackagedProgram()
}, 120_000)
afterAll(() => built?.remove())

describe('without any library beside it', () => {
  test('every command prints the same help and exit codes as from the sources', { timeout: 120_000 }, async () => {
    const words = [[], ['--help'], ['--version'], ['schema'], ...Object.keys(commands).map((name) => [name, '--help'])]
    // The help of the demo is in the part that needs the libraries.
    for (const args of words.filter(([name]) => name !== 'demo')) {
      const [fromBundle, fromSources] = await Promise.all([run(args, { launcher: built.bundle }), run(args)])
      expect(fromBundle, args.join(' ')).toEqual(fromSources)
    }
  })

  test('an example is checked and explained as from the sources', async () => {
    const words = ['check', '--config', join(root, 'examples/smallest/einlass.yaml')]
    expect(await run(words, { launcher: built.bundle })).toEqual(await run(words))
  })

  test('the demo names the libraries that are missing', async () => {
    const { code, stderr } = await run(['demo'], { launcher: built.bundle })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^einlass demo: oidc-provider and ws are not installed: [^\n]*\n$/)
  })

  test('a gateway serves the same assets, and reports the versions of the libraries that are in it', async () => {
    const house = await createSecurityEnvironment()
    try {
      await house.start({ executable: built.bundle })
      for (const asset of [stylesheet, favicon]) {
        expect((await house.visitor().ask(house.gateway + asset.path)).body).toBe(asset.body.toString('utf8'))
      }
      const status = (await house.admin('GET', '/status')).value as Status
      expect(status.versions).toEqual(installedVersions())
    } finally {
      await house.stop()
    }
  })

  test('a worker argument without a supervisor is an unknown command', async () => {
    const { code, stderr } = await run(['--worker'], { launcher: built.bundle })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('unknown command "--worker"') })
  })
})

test('the launcher of a package runs the bundle', async () => {
  const { code, stdout } = await run(['--version'], { launcher: join(built.folder, 'bin/einlass.mjs') })
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})

test('the source map leads to the sources', async () => {
  const map = JSON.parse(await readFile(`${built.bundle}.map`, 'utf8')) as { sources: string[] }
  expect(map.sources.some((source) => source.endsWith('src/gateway/handle-request.ts'))).toBe(true)
})

test('the licences of all libraries in the bundle are in the package', async () => {
  const text = await readFile(join(built.folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const [name, version] of Object.entries(dependencies)) expect(text).toContain(`\n${name} ${version} (`)
})

// Last: it adds the libraries.
test('the tour of the demo passes every step, as from the sources', { timeout: 90_000 }, async () => {
  await built.linkLibraries()
  const { code, stdout, stderr } = await run(['demo', '--tour', '--port', '0'], { launcher: built.bundle, cwd: '/' })
  expect({ code, stderr, failed: stdout.includes('✗') }, stdout).toEqual({ code: 0, stderr: '', failed: false })
  expect(stdout).toMatch(/\n {2}(\d+) of \1 steps passed/)
})

// `npm ci && npm start` and `npm ci && npm test` on a fresh machine: requirements of the scripts, reports of missing
// programs, and Einlass without its optional packages.

import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { withoutEngines } from '../../scripts/lock.ts'
import { run } from './run-command.ts'
import { folder } from '../config/config-fixtures.ts'
import { createGatewayEnvironment } from '../server/environment.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('every script starts on npm’s own Node, because the one below node_modules may lack a library', async () => {
  const { scripts, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
    engines: { node: string }
  }
  expect(engines.node).toBe('>=18')
  for (const [name, script] of Object.entries(scripts)) {
    const [, file, next] = /^"\$\{npm_node_execpath:-node\}" (\S+\.mjs)(?: (\S+))?/.exec(script) ?? []
    expect(existsSync(join(root, file ?? 'none')), name).toBe(true)
    if (file === 'bin/run.mjs') expect(existsSync(join(root, next ?? 'none')), name).toBe(true)
  }
})

test('scripts that run before Node 26 use features of Node 18 only', async () => {
  const files = (await readdir(join(root, 'bin'))).map((name) => `bin/${name}`)
  files.push('scripts/pretest.mjs', 'scripts/system-needs.mjs')
  const newer =
    /import\.meta\.(?:dirname|filename|main|resolve)|\.(?:toSorted|toReversed|toSpliced|groupBy|fromAsync|withResolvers|isWellFormed|try)\(|getBuiltinModule|\b(?:using|Temporal)\b|\bwith \{|node:sqlite/
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8')
    expect(newer.exec(text)?.[0], file).toBeUndefined()
    for (const [, from] of text.matchAll(/^import .* from '([^']+)'/gm)) expect(from, file).toMatch(/^(?:node:|\.)/)
  }
})

test('the lock file has no engines, so that npm prints no warning per package', async () => {
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lock) as { packages: Record<string, { engines?: object }> }
  expect(Object.keys(packages).filter((path) => packages[path]!.engines)).toEqual([''])
  const given = { packages: { '': { engines: { node: '>=18' } }, 'node_modules/a': { version: '1.0.0', engines: {} } } }
  expect(JSON.parse(withoutEngines(JSON.stringify(given)))).toEqual({
    packages: { '': { engines: { node: '>=18' } }, 'node_modules/a': { version: '1.0.0' } },
  })
})

/** Runs `scripts/pretest.mjs` with only `programs` on the PATH, without permission to install. */
async function pretest(programs: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const PATH = await folder(Object.fromEntries(programs.map((name) => [name, '#!/bin/sh\n'])))
  for (const name of programs) await chmod(join(PATH, name), 0o755)
  const clean = { REDIS_SERVER: undefined, CHROMIUM: undefined, CI: undefined }
  return run([], {
    launcher: join(root, 'scripts/pretest.mjs'),
    env: { ...clean, EINLASS_INSTALL: 'no', ...env, PATH },
  })
}

test('reports missing programs, the affected tests and one install command; fails under CI', async () => {
  const said = {
    stdout: '',
    stderr:
      'pretest: redis-server is missing: the tests of stores and of several nodes cannot run\n' +
      'pretest: chromium is missing: the tests in a browser cannot run\n' +
      'pretest: openssl is missing: the tests over TLS cannot run\n' +
      'pretest: install it: apt-get install redis-server chromium openssl\n',
  }
  expect(await pretest(['apt-get'])).toEqual({ code: 0, ...said })
  expect(await pretest(['apt-get'], { CI: 'true' })).toEqual({ code: 1, ...said })
  expect((await pretest(['dnf', 'openssl'])).stderr).toMatch(/\npretest: install it: dnf install redis chromium\n$/)
  expect((await pretest(['openssl'])).stderr).toMatch(/\npretest: install it\n$/)
})

test('finds programs by variable, then on the PATH; an invalid variable counts as missing', async () => {
  const nothing = { code: 0, stdout: '', stderr: '' }
  expect(await pretest(['redis-server', 'google-chrome', 'openssl'], { CI: 'true' })).toEqual(nothing)
  const elsewhere = { REDIS_SERVER: process.execPath, CHROMIUM: process.execPath }
  expect(await pretest(['openssl'], { CI: 'true', ...elsewhere })).toEqual(nothing)
  const wrong = await pretest(['redis-server', 'chromium', 'openssl'], { CI: 'true', REDIS_SERVER: '/none' })
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toContain('pretest: redis-server is missing')
})

test('installs packages without starting their services, and keeps an existing policy-rc.d', async () => {
  const { install } = (await import(new URL('../../scripts/system-needs.mjs', import.meta.url).href)) as {
    install(packages: readonly string[], policy: string): void
  }
  const place = await folder({ 'usr/none': '' })
  const policy = join(place, 'policy-rc.d')
  const log = join(place, 'log')
  const fake = `#!/bin/sh\necho "$@" >>${log}\n${policy} redis-server start; echo "policy $?" >>${log}\nexit 100\n`
  await writeFile(join(place, 'apt-get'), fake, { mode: 0o755 })
  vi.stubEnv('PATH', place)
  onTestFinished(() => void vi.unstubAllEnvs())

  install(['redis-server', 'openssl'], policy)
  const words = '--yes -qq --no-install-recommends redis-server openssl'
  expect(await readFile(log, 'utf8')).toBe(`update -qq\npolicy 101\ninstall ${words}\npolicy 101\n`)
  expect(existsSync(policy)).toBe(false)

  await writeFile(policy, '#!/bin/sh\nexit 0 # mine\n', { mode: 0o750 })
  install(['openssl'], policy)
  expect((await readFile(log, 'utf8')).match(/policy \d+/g)).toEqual(Array(4).fill('policy 101'))
  expect(await readFile(policy, 'utf8')).toBe('#!/bin/sh\nexit 0 # mine\n')
  expect((await stat(policy)).mode & 0o777).toBe(0o750)
  expect((await readdir(place)).filter((name) => name.startsWith('policy'))).toEqual(['policy-rc.d'])
})

test('installs only as root on Debian or Ubuntu, and not if forbidden', async () => {
  const { mayInstall } = (await import(new URL('../../scripts/system-needs.mjs', import.meta.url).href)) as {
    mayInstall(release: string): boolean
  }
  const place = await folder({
    debian: 'ID=debian\n',
    ubuntu: 'NAME=x\nID="ubuntu"\n',
    other: 'ID=other\nID_LIKE=debian\n',
  })
  await writeFile(join(place, 'apt-get'), '#!/bin/sh\n', { mode: 0o755 })
  vi.stubEnv('PATH', place)
  vi.stubEnv('EINLASS_INSTALL', undefined)
  onTestFinished(() => void vi.unstubAllEnvs())
  const answers = (): boolean[] => ['debian', 'ubuntu', 'other', 'none'].map((name) => mayInstall(join(place, name)))
  const isRoot = process.getuid?.() === 0
  expect(answers()).toEqual([isRoot, isRoot, false, false])
  vi.stubEnv('EINLASS_INSTALL', 'no')
  expect(answers()).toEqual([false, false, false, false])
})

test('without optional packages the demo prints what to install, and the gateway starts', async () => {
  const place = await folder()
  for (const part of ['bin', 'src', 'package.json']) await cp(join(root, part), join(place, part), { recursive: true })
  const optional = ['oidc-provider', 'ws']
  await mkdir(join(place, 'node_modules'))
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!optional.includes(name)) await symlink(join(root, 'node_modules', name), join(place, 'node_modules', name))
  }
  const launcher = join(place, 'bin/einlass.mjs')
  expect(await run(['demo', '--tour'], { launcher })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'einlass demo: oidc-provider and ws are not installed: install Einlass again, without --omit=optional\n',
  })
  const house = await createGatewayEnvironment()
  const checked = await run(['check', '--config', house.file], {
    launcher,
    env: { OIDC_CLIENT_SECRET: 'of-this-test' },
  })
  expect(checked).toMatchObject({ code: 0, stderr: '' })
  const gateway = await house.start(launcher)
  // Its provider does not exist, which `status` reports.
  expect(await gateway.cli('status')).toMatchObject({ code: 1, stdout: expect.stringContaining('DOES NOT ANSWER') })
  expect(await gateway.stop()).toBe(0)
})

// Launcher `bin/einlass.mjs` on a machine with an older Node: finds the installed Node 26 and runs it transparently.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePorts } from '../../src/demo/listen.ts'
import { folder } from '../config/config-fixtures.ts'
import { launcher, run } from './run-command.ts'

const older = findOlder()

describe.skipIf(older === undefined)(`with an older Node (${older?.version ?? 'none found'})`, () => {
  const node = older?.path ?? ''

  test('runs commands with their arguments, output and exit codes', async () => {
    const cwd = await folder({ 'a b.yaml': 'foo: 1\n' })
    expect((await run(['schema'], { node })).stdout).toBe((await run(['schema'])).stdout)
    const checked = await run(['check', '--config', 'a b.yaml'], { node, cwd })
    expect(checked.code).toBe(1)
    expect(checked.stdout).toContain('a b.yaml:1:1: foo: unknown key\n')
    expect((await run(['nonsense'], { node })).code).toBe(2)
  })

  test('runs through a symbolic link, as npm creates it', async () => {
    const cwd = await folder()
    await symlink(launcher, join(cwd, 'einlass'))
    expect((await run(['--version'], { node, launcher: join(cwd, 'einlass') })).code).toBe(0)
  })

  test('finds the runtime in node_modules of a parent folder', async () => {
    const cwd = await folder()
    const root = join(launcher, '../..')
    await mkdir(join(cwd, 'einlass'))
    for (const part of ['bin', 'src', 'package.json']) {
      await cp(join(root, part), join(cwd, 'einlass', part), { recursive: true })
    }
    await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'))
    const { code, stdout, stderr } = await run(['--version'], {
      node,
      launcher: join(cwd, 'einlass/bin/einlass.mjs'),
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('prints one line with instructions if there is no Node 26', async () => {
    const cwd = await folder()
    await cp(join(launcher, '..'), join(cwd, 'bin'), { recursive: true })
    expect(await run(['serve', '--config', 'x'], { node, launcher: join(cwd, 'bin/einlass.mjs') })).toEqual({
      code: 1,
      stdout: '',
      stderr: `einlass: needs Node.js 26, this is ${older?.version}: run "npm ci" in the project folder, which brings it\n`,
    })
  })

  test('runs a file of the project on Node 26, and its child processes named `node` as well', async () => {
    const cwd = await folder({
      'asks.ts': `import { execFileSync } from 'node:child_process'
const inner: string = execFileSync('node', ['-p', 'process.versions.node'], { encoding: 'utf8' })
console.log([process.versions.node, inner.trim(), ...process.argv.slice(2)].join(' '))
process.exitCode = 7
`,
    })
    // Without the link that only some npm versions create (npm 9 of Debian 12 does not).
    const PATH = (process.env['PATH'] ?? '').split(delimiter).filter((one) => !one.includes('node_modules'))
    const options = { node, cwd, launcher: join(launcher, '../run.mjs'), env: { PATH: PATH.join(delimiter) } }
    expect(await run(['asks.ts', '--a', 'b c'], options)).toEqual({
      code: 7,
      stdout: `${process.versions.node} ${process.versions.node} --a b c\n`,
      stderr: '',
    })
    expect(await run([], options)).toMatchObject({ code: 2, stderr: 'usage: node bin/run.mjs FILE [arguments]\n' })
  })

  test('names the package of a missing shared library, with exit 1', async () => {
    const { cwd, stderr } = await brokenRuntime('libstdc++.so.6')
    const said = await run(['--version'], { node, launcher: join(cwd, 'bin/einlass.mjs') })
    expect({ code: said.code, stdout: said.stdout }).toEqual({ code: 1, stdout: '' })
    expect(said.stderr).toMatch(
      /^einlass: Node\.js 26 cannot start: libstdc\+\+\.so\.6 is missing; install it: \S[^\n]* libstdc\+\+\d?\n$/m,
    )
    expect(said.stderr.split('\n').filter((line) => line !== '' && line !== stderr)).toHaveLength(1)
  })

  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 0],
  ] as const)('%s to the launcher stops the gateway, whose exit code is handed on', async (signal, expected) => {
    const [port] = await freePorts(1)
    const cwd = await folder({ 'einlass.yaml': gatewayOn(port!) })
    const parent = spawn(node, [launcher, 'serve', '--config', 'einlass.yaml'], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const kill = (): void => void parent.kill('SIGKILL')
    process.once('exit', kill)
    let said = ''
    parent.stderr.on('data', (chunk: Buffer) => (said += chunk))
    const ended = new Promise((resolve) => parent.once('exit', (code, by) => resolve({ code, by })))
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/ is open$/m)
    const child = Number(/"pid":(\d+)/.exec(said)?.[1])
    expect(child).not.toBe(parent.pid)
    parent.kill(signal)
    expect(await ended).toEqual({ code: expected, by: null })
    process.off('exit', kill)
    // The child process has ended as well.
    expect(existsSync(`/proc/${child}`) && (await readFile(`/proc/${child}/stat`, 'utf8'))).toBe(false)
  })

  test('a killed gateway exits as in a shell, with 128 plus the signal number', async () => {
    const [port] = await freePorts(1)
    const cwd = await folder({ 'einlass.yaml': gatewayOn(port!) })
    const parent = spawn(node, [launcher, 'serve', '--config', 'einlass.yaml'], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const kill = (): void => void parent.kill('SIGKILL')
    process.once('exit', kill)
    let said = ''
    parent.stderr.on('data', (chunk: Buffer) => (said += chunk))
    const ended = new Promise((resolve) => parent.once('exit', (code) => resolve(code)))
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/ is open$/m)
    process.kill(Number(/"pid":(\d+)/.exec(said)?.[1]), 'SIGKILL')
    expect(await ended).toBe(137)
    process.off('exit', kill)
  })
})

test('detects a missing libatomic.so.1 (bare Debian 12) before the start, and names the package', async () => {
  const library = (await import(new URL('../../bin/missing-library.mjs', import.meta.url).href)) as {
    looksUnable(folders?: readonly string[]): boolean
    whyUnable(node: string): string | undefined
  }
  const { cwd, node } = await brokenRuntime('libatomic.so.1')
  const lib = await folder({ 'libatomic.so.1': '' })
  expect([library.looksUnable([cwd]), library.looksUnable([cwd, lib])]).toEqual([process.platform === 'linux', false])
  expect(library.whyUnable(node)).toMatch(/^libatomic\.so\.1 is missing; install it: \S[^\n]+$/)
  vi.stubEnv('PATH', '')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(library.whyUnable(node)).toBe('libatomic.so.1 is missing; install the system package that contains it')
  expect(library.whyUnable(process.execPath)).toBeUndefined()
  expect(library.whyUnable(join(cwd, 'none'))).toContain('ENOENT')
})

/** A copy of the launcher with a fake Node 26 that prints the error of the dynamic loader and exits like it. */
async function brokenRuntime(missing: string): Promise<{ cwd: string; node: string; stderr: string }> {
  const system = `${process.platform}-${process.arch}`
  const at = `node_modules/${system === 'darwin-arm64' ? 'node-bin' : 'node'}-${system}`
  const stderr = `node: error while loading shared libraries: ${missing}: cannot open shared object file: No such file or directory`
  const cwd = await folder({
    [`${at}/package.json`]: '{}',
    [`${at}/bin/node`]: `#!/bin/sh\necho '${stderr}' >&2\nexit 127\n`,
  })
  const node = join(cwd, at, 'bin/node')
  await chmod(node, 0o755)
  await cp(join(launcher, '..'), join(cwd, 'bin'), { recursive: true })
  return { cwd, node, stderr }
}

function gatewayOn(port: number): string {
  return `gateway: { url: "http://access.localhost:${port}", listen: [{ address: "127.0.0.1:${port}" }], operations: false }
store: "memory:"
identity: { issuer: http://127.0.0.1:9, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
apps:
  wiki: { from: "http://wiki.localhost:${port}", to: http://127.0.0.1:9, policy: [{ allow: { groups: [staff] } }] }
`.replace('env:OIDC_CLIENT_SECRET', 'of-this-test')
}

/** An older Node of the system, on the PATH outside of `node_modules`. */
function findOlder(): { readonly path: string; readonly version: string } | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, 'node')
    if (directory.includes('node_modules') || !existsSync(path)) continue
    const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
    if (Number(version.split('.')[0]) < 26) return { path, version }
  }
  return undefined
}

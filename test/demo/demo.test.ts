// `einlass demo`: its output, its errors, and the whole tour against the real gateway.

import { access, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { dispatch } from '../../src/cli/cli.ts'
import { demo } from '../../src/demo/demo.ts'
import { ink } from '../../src/demo/introduction.ts'
import { listen } from '../../src/demo/listen.ts'
import { startDemoEnvironment } from '../../src/demo/stage.ts'
import { playTour } from '../../src/demo/tour/tour.ts'

async function run(args: readonly string[], during?: (printed: () => string) => Promise<void>) {
  let stdout = ''
  let stderr = ''
  const io = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => void (stderr += text),
    env: {},
    cwd: '/',
  }
  const done = demo(args, io, dispatch)
  await during?.(() => stdout)
  return { code: await done, stdout, stderr }
}

// A separate temporary folder, to detect leftover files.
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-test-'))
  vi.stubEnv('TMPDIR', folder)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('the tour passes every step against the real gateway, and leaves no files', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await run(['--tour', '--port', '0'])
  expect({ code, stderr, failed: stdout.includes('✗') }, stdout).toEqual({ code: 0, stderr: '', failed: false })
  expect(stdout).toMatch(/\n {2}(\d+) of \1 steps passed/)
  expect(stdout.match(/✓/g)!.length).toBeGreaterThanOrEqual(31)
  // The README shows some of its lines; measurements differ each time.
  const shown = (await readFile(new URL('../../README.md', import.meta.url), 'utf8')).match(/^ +\d+ {2}✓ .*$/gm)!
  const unmeasured = (text: string) => text.replace(/ \([^()]*\d[^()]*\)$/gm, '')
  const printed = unmeasured(stdout).split('\n')
  expect(shown.map(unmeasured).filter((line) => !printed.includes(line))).toEqual([])
  expect(shown.length).toBeGreaterThanOrEqual(3)
  // No colours without a terminal.
  expect(stdout).not.toContain('\u001b')
  expect(await readdir(folder)).toEqual([])
})

test('the demo prints addresses, users and what to try, and stops at SIGTERM', async () => {
  const { code, stdout } = await run(['--port', '0'], async (printed) => {
    while (!printed().includes('Ctrl+C')) await new Promise((resolve) => setTimeout(resolve, 20))
    const file = /(\/\S+einlass\.yaml)/.exec(printed())![1]!
    expect(file.startsWith(folder)).toBe(true)
    await access(file)
    process.emit('SIGTERM')
  })
  expect(code).toBe(0)
  expect(await readdir(folder)).toEqual([])
  for (const shown of [
    'http://wiki.localhost:',
    'sonne-regen',
    'tal-und-berg',
    'schloss-turm',
    'hammer-feile',
    '3  ',
  ]) {
    expect(stdout).toContain(shown)
  }
})

test('a failed step ends the tour with the expected and the actual value', async () => {
  const stage = await startDemoEnvironment({ port: 0, grantFor: 60_000, revalidate: '2s', env: {}, now: Date.now })
  try {
    stage.company.setGroups('erika', ['nobody'])
    let printed = ''
    const print = (text: string) => void (printed += text)
    expect(await playTour(stage, { print, paint: ink(false), now: Date.now, runCommand: dispatch })).toBe(1)
    expect(printed.match(/✓/g)).toHaveLength(2)
    expect(printed).toMatch(/✗ Erika signs in .*\n +expected +200 at .*\n +actual +403 .*\n/)
  } finally {
    await stage.stop()
  }
})

test('a port in use is reported in one line', async () => {
  const other = createServer()
  const port = await listen(other, 0)
  try {
    const { code, stdout, stderr } = await run(['--port', String(port)])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^einlass demo: port ${port} is in use: .*--port N.*\\n$`))
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
})

test('exits 2 for wrong usage, 0 for help', async () => {
  expect((await run(['--port', 'eighty'])).code).toBe(2)
  expect((await run(['--port', '65535'])).code).toBe(2)
  await expect(run(['--sightseeing'])).rejects.toMatchObject({ code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' })
  const help = await run(['--help'])
  expect(help.code).toBe(0)
  expect(help.stdout).toContain('--tour')
})

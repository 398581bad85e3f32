// `einlass check` and `einlass schema` on the command line, and the files of the repository that they apply to.

import { execFileSync } from 'node:child_process'
import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { schema } from '../../src/cli/schema.ts'
import { env, folder, smallest } from './config-fixtures.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

async function run(command: typeof check, args: string[], cwd: string) {
  let stdout = ''
  let stderr = ''
  const code = await command(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    env,
    cwd,
  })
  return { code, stdout, stderr }
}

describe('einlass check', () => {
  test('exits 0 if valid, 1 with problems, 2 for wrong usage', async () => {
    const cwd = await folder({ 'good.yaml': smallest, 'sub/bad.yaml': 'store: "memory:"\nfoo: 1\n' })
    const good = await run(check, ['--config', 'good.yaml'], cwd)
    expect(good).toMatchObject({ code: 0, stderr: '' })
    expect(good.stdout).toMatch(/^good\.yaml: valid \(1 app, version [0-9a-f]{16}\)\n$/)
    const bad = await run(check, ['--config', 'sub/bad.yaml'], cwd)
    expect(bad.code).toBe(1)
    expect(bad.stdout).toContain('sub/bad.yaml:2:1: foo: unknown key\n')
    for (const args of [[], ['--config'], ['--confg', 'good.yaml'], ['good.yaml'], ['--config', '']]) {
      const wrong = await run(check, args, cwd)
      expect(wrong).toMatchObject({ code: 2, stdout: '' })
      expect(wrong.stderr.trimEnd()).not.toContain('\n')
    }
  })

  test('prints warnings in the same form and exits 0', async () => {
    const cwd = await folder({ 'a.yaml': smallest.replace('env:OIDC_CLIENT_SECRET', 'written-out-here') })
    const { code, stdout } = await run(check, ['--config', 'a.yaml'], cwd)
    expect(code).toBe(0)
    expect(stdout).toContain(
      'a.yaml:2:83: identity.client_secret: warning: secret in clear text; use env:NAME or file:PATH\n',
    )
    expect(stdout).not.toContain('written-out-here')
  })

  test('--against prints who gains and loses access, --json as JSON', async () => {
    const cwd = await folder({ 'old.yaml': smallest, 'new.yaml': smallest.replace('[staff]', '[staff, guests]') })
    expect(await run(check, ['--config', 'new.yaml', '--against', 'old.yaml'], cwd)).toEqual({
      code: 0,
      stdout: 'wiki: gains access: group guests (rule "rule 1")\n',
      stderr: '',
    })
    const json = await run(check, ['--config', 'old.yaml', '--against', 'new.yaml', '--json'], cwd)
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: true,
      problems: [],
      changes: ['wiki: loses access: group guests (rule "rule 1")'],
    })
    const same = await run(check, ['--config', 'old.yaml', '--against', 'old.yaml'], cwd)
    expect(same.stdout).toBe('no access changes\n')
  })
})

test('einlass schema prints the JSON Schema of the repository', async () => {
  const { code, stdout } = await run(schema, [], root)
  expect(code).toBe(0)
  expect(stdout).toBe(await readFile(join(root, 'config/einlass.schema.json'), 'utf8'))
  expect((await run(schema, ['--what'], root)).code).toBe(2)
})

test('every key has a description, in the schema and so in the reference', async () => {
  const nameless: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { properties } = node as { properties?: Record<string, { description?: string }> }
    for (const [key, value] of Object.entries(properties ?? {})) {
      if ((value.description ?? '').length < 5 && !('$ref' in value)) nameless.push(`${path}.${key}`)
    }
    for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`)
  }
  walk(JSON.parse((await run(schema, [], root)).stdout), '')
  expect(nameless).toEqual([])
})

test('generated files are current, and the check detects outdated ones', async () => {
  execFileSync(process.execPath, ['scripts/generate.ts', '--check'], { cwd: root })
  const copy = await folder()
  for (const name of ['src', 'scripts', 'docs', 'config/einlass.schema.json', 'package.json', 'package-lock.json']) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await writeFile(join(copy, 'docs/reference/configuration.md'), 'old')
  expect(() =>
    execFileSync(process.execPath, ['scripts/generate.ts', '--check'], { cwd: copy, stdio: 'pipe' }),
  ).toThrow(/docs\/reference\/configuration\.md is not current/)
})

test('the commented example is valid, with the files and the variable it refers to', async () => {
  const cwd = await folder()
  await cp(join(root, 'config'), cwd, { recursive: true })
  const { code, stdout } = await run(check, ['--config', 'einlass.yaml'], cwd)
  expect(stdout).toMatch(/^einlass\.yaml: valid \(2 apps, version [0-9a-f]{16}\)\n$/)
  expect(code).toBe(0)
})

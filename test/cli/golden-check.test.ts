// Golden tests of `einlass check`: each folder is one typical mistake, and the exact output, which is one message.

import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { makeCertificate } from '../config/test-certificate.ts'
import { runInProcess } from './run-command.ts'

const root = join(import.meta.dirname, 'golden-check')
const wildcard = makeCertificate(['*.acme.test', 'acme.test'])
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const env = { OIDC_CLIENT_SECRET: 'a-client-secret-of-tests', SHORT: 'polc' }
const files: Readonly<Record<string, string>> = {
  'wildcard.crt': wildcard.cert,
  'wildcard.key': wildcard.key,
  'other.key': otherKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  'encrypted.key': otherKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
  // Named as store in one case; not in that folder, because git ignores databases.
  'notes.db': 'A file of another program, which must not be overwritten.\n',
  'secret.key': `${Buffer.alloc(32, 7).toString('base64')}\n`,
}

const cases = readdirSync(root).toSorted()

/** The version is the hash of the file. */
const plain = (output: string) => output.replace(/version [0-9a-f]{16}/, 'version …')

async function outputOf(name: string): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-golden-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content, { mode: 0o600 })
  cpSync(join(root, name), folder, { recursive: true })
  const { code, stdout } = await runInProcess(check, '--config einlass.yaml', folder, env)
  return { code, output: plain(stdout.replaceAll(folder, '…')) }
}

test('there are at least thirty typical mistakes', () => {
  expect(cases.length).toBeGreaterThanOrEqual(30)
})

describe('a typical mistake', () => {
  test.each(cases)('%s', async (name) => {
    const { code, output } = await outputOf(name)
    await expect(output).toMatchFileSnapshot(join(root, name, 'output.txt'))
    const said = output.split('\n').filter((line) => line !== '' && !line.includes(': valid ('))
    expect(said, 'one message').toHaveLength(1)
    expect(said[0]).toMatch(/^[\w.-]+:\d+:\d+: /)
    expect(code).toBe(said[0]!.includes(' warning: ') ? 0 : 1)
  })
})

// Outdated versions with known flaws are reported at start, in the log and by `status`, but never prevent the start.

import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../../src/server/start-gateway.ts'
import {
  minimumVersions,
  advisoriesAsOf,
  installedVersions,
  outdatedComponents,
  versionNotes,
  versionWarnings,
  type ComponentVersions,
} from '../../../src/server/management/minimum-versions.ts'
import { runInProcess } from '../../cli/run-command.ts'
import { status } from '../../../src/cli/status.ts'
import { createSecurityEnvironment, root, type SecurityEnvironment } from '../../security/environment.ts'

const current: ComponentVersions = {
  node: '26.12.1',
  llhttp: '9.4.3',
  nghttp2: '1.70.0',
  openssl: '3.5.8',
  undici: '8.12.4',
}

describe('the table', () => {
  test('the installed versions cause no warning', () => {
    expect(versionWarnings(outdatedComponents(installedVersions()))).toEqual([])
  })

  test('covers every component of this process', () => {
    for (const version of Object.values(installedVersions())) expect(version).toMatch(/^\d+\.\d+\.\d+/)
    expect(Object.keys(installedVersions()).toSorted()).toEqual(
      [...new Set(minimumVersions.map(({ part }) => part))].toSorted(),
    )
  })

  test('does not warn about new enough versions, also of other release lines', () => {
    expect(outdatedComponents(current)).toEqual([])
    for (const openssl of ['3.5.7', '3.5.10', '3.6.3', '3.7.0', '4.0.1', '4.1.0', '3.5.8+quic']) {
      expect(outdatedComponents({ ...current, openssl }), openssl).toEqual([])
    }
    expect(outdatedComponents({ ...current, node: '27.0.0' })).toEqual([])
    expect(outdatedComponents({ ...current, nghttp2: undefined })).toEqual([])
  })

  test.each([
    ['node', '26.5.0', '26.5.1', 'CVE-2026-56848'],
    ['node', '26.4.10', '26.5.1', 'CVE-2026-56848'],
    ['llhttp', '9.3.12', '9.4.2', 'June 2026'],
    ['nghttp2', '1.68.0', '1.68.1', 'CVE-2026-27135'],
    ['openssl', '3.5.6', '3.5.7', 'CVE-2026-45447'],
    ['openssl', '3.6.2', '3.6.3', 'CVE-2026-45447'],
    ['openssl', '4.0.0', '4.0.1', 'CVE-2026-45447'],
    ['openssl', '3.0.21', '3.5.7', 'CVE-2026-45447'],
    ['openssl', '0.0.0', '3.5.7', 'CVE-2026-45447'],
    ['undici', '8.4.9', '8.5.0', 'CVE-2026-6733'],
    ['node', 'unheard-of', '26.5.1', 'CVE-2026-56848'],
  ])('warns about %s %s: fixed in %s, with its advisory', (part, version, mended, advisory) => {
    const [warning, ...more] = versionWarnings(outdatedComponents({ ...current, [part]: version }))
    expect(more).toEqual([])
    expect(warning).toContain(` ${version} is older than ${mended}: `)
    expect(warning).toContain(advisory)
    expect(warning).toMatch(/: update it$/)
  })

  test('has a date', () => {
    expect(advisoriesAsOf).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(Date.parse(advisoriesAsOf)).toBeGreaterThan(Date.parse('2026-07-31'))
  })

  test('matches the documentation', async () => {
    const page = await readFile(join(root, 'docs/explanation/security.md'), 'utf8')
    const table = page.slice(page.indexOf('## Minimum versions'), page.indexOf('## Vulnerabilities found'))
    for (const { mended, advisory } of minimumVersions) {
      for (const version of mended) expect(table).toContain(version)
      for (const id of advisory.match(/CVE-[\d-]+\d/g) ?? []) expect(table).toContain(id)
    }
  })

  test('the Brotli flaw is a note, because nothing is decoded here', () => {
    const found = outdatedComponents({ ...current, node: '26.12.0', undici: '8.12.3' })
    expect(versionWarnings(found)).toEqual([])
    expect(versionNotes(found)).toEqual([
      expect.stringMatching(/^Node\.js 26\.12\.0 is older than 26\.12\.1: .*CVE-2026-111497.*; not reachable: /),
      expect.stringMatching(/^undici 8\.12\.3 is older than 8\.12\.4: .*CVE-2026-111497.*; not reachable: /),
    ])
  })
})

describe('a gateway on outdated components', () => {
  let house: SecurityEnvironment
  let gateway: Gateway
  let warnings: readonly string[]
  let log = ''
  const versions: ComponentVersions = { ...current, node: '26.5.0', nghttp2: '1.68.0', undici: '8.12.3' }

  beforeAll(async () => {
    house = await createSecurityEnvironment()
    const logDestination = { write: (line: string) => (log += line) }
    const started = await startGateway({ file: house.file, env: {}, logLevel: 'info', logDestination, versions })
    if (started.state === 'refused') throw new Error(started.problems.join('\n'))
    ;({ gateway, warnings } = started)
  })
  afterAll(async () => {
    await gateway?.stop(0)
    await house?.stop()
  })

  test('starts, and returns the warnings to be printed', async () => {
    expect(await livez(house.operationsPort)).toBe(200)
    expect(warnings).toEqual([
      expect.stringMatching(/^warning: Node\.js 26\.5\.0 is older than 26\.5\.1: .*: update it$/),
      expect.stringMatching(/^warning: nghttp2 1\.68\.0 is older than 1\.68\.1: .*: update it$/),
    ])
  })

  test('logs them', () => {
    const lines = log
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; msg: string })
    const about = (part: string): string[] => lines.filter(({ msg }) => msg.startsWith(part)).map(({ level }) => level)
    expect(['Node.js 26.5.0 is older', 'nghttp2 1.68.0 is older', 'undici 8.12.3 is older'].map(about)).toEqual([
      ['warn', 'info'],
      ['warn'],
      ['info'],
    ])
  })

  test('and status shows them', async () => {
    const said = await runInProcess(status, ['--socket', house.adminSocket], house.folder)
    expect(said.code).toBe(1)
    expect(said.stdout).toMatch(/^runs on {8}Node\.js 26\.5\.0, llhttp 9\.4\.3, nghttp2 1\.68\.0, /m)
    expect(said.stdout).toContain(`\n               compared with the advisories known on ${advisoriesAsOf}\n`)
    expect(said.stdout).toMatch(/^! Node\.js 26\.5\.0 is older than 26\.5\.1: .*: update it$/m)
    expect(said.stdout).toMatch(/^note {11}undici 8\.12\.3 is older than 8\.12\.4: .*; not reachable: /m)
    const { stdout } = await runInProcess(status, ['--socket', house.adminSocket, '--json'], house.folder)
    expect(JSON.parse(stdout)).toMatchObject({
      versions: { node: '26.5.0' },
      attention: [expect.any(String), expect.any(String)],
    })
  })
})

function livez(port: number): Promise<number | undefined> {
  return new Promise((done, reject) => {
    get({ host: '127.0.0.1', port, path: '/livez', agent: false }, (answer) => {
      answer.resume()
      done(answer.statusCode)
    }).on('error', reject)
  })
}

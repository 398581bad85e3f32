// `einlass init --demo-provider`: one person, on loopback, for a time that ends by itself.

import { request } from 'undici'
import { expect, test } from 'vitest'
import type { Answers } from '../../../src/cli/init/configuration-text.ts'
import { prepareDemoProvider, runDemoProvider } from '../../../src/cli/init/demo-provider.ts'
import { en } from '../../../src/cli/init/messages/en.ts'
import { prepareFiles } from '../../../src/cli/init/prepare-files.ts'
import { writeFiles } from '../../../src/cli/init/write-files.ts'
import { freePorts } from '../../../src/demo/listen.ts'
import { folder } from '../../config/config-fixtures.ts'

test('says loudly what it is, and is gone when its time is over', async () => {
  const directory = `${await folder()}/new`
  const [port, upstream, operations] = (await freePorts(3)) as [number, number, number]
  const demo = await prepareDemoProvider()
  const origin = `http://access.localhost:${port}`
  const answers: Answers = {
    origin,
    certificate: { kind: 'none' },
    identity: demo.identity,
    demoProvider: true,
    timeZone: 'Europe/Berlin',
    organisation: 'Muster',
    app: {
      name: 'wiki',
      title: 'Wiki',
      from: `http://wiki.localhost:${port}`,
      to: `http://127.0.0.1:${upstream}`,
      who: { groups: ['staff'], domains: [], users: [] },
    },
    places: {
      store: 'einlass.db',
      audit: 'audit.jsonl',
      adminSocket: undefined,
      operations: `127.0.0.1:${operations}`,
    },
  }
  const files = await prepareFiles({ answers, clientSecret: demo.clientSecret }, directory, {}, en)
  expect(writeFiles(directory, files)).toEqual({ state: 'written' })
  expect(files[0]!.content).toContain(`# ${en.yaml.demo}\nidentity:`)

  let stdout = ''
  const io = { stdout: (text: string) => void (stdout += text), stderr: () => undefined, env: {}, cwd: directory }
  const running = runDemoProvider(demo, {
    file: `${directory}/einlass.yaml`,
    origin,
    app: answers.app.from,
    zone: 'Europe/Berlin',
    t: en,
    io,
    lifetime: 3_000,
    stop: new Promise(() => undefined),
  })
  await expect.poll(() => stdout, { timeout: 25_000 }).toContain(`Password: ${demo.person.password}`)
  expect(stdout.split('!! 1 minutes, this machine only')).toHaveLength(3)
  const at = (path: string, headers: Record<string, string>) =>
    request(`http://127.0.0.1:${demo.port}${path}`, { headers })
  // A page of another name cannot reach it through the browser (DNS rebinding).
  expect((await at('/.well-known/openid-configuration', { host: 'attacker.example' })).statusCode).toBe(421)
  expect((await at('/.well-known/openid-configuration', { host: `login.localhost:${demo.port}` })).statusCode).toBe(200)

  expect(await running).toBe(0)
  expect(stdout).toContain('The time is over')
  for (const closed of [demo.port, port]) {
    await expect(request(`http://127.0.0.1:${closed}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  }
})

test('every run has another password, which no page can guess', async () => {
  const passwords = await Promise.all(
    Array.from({ length: 20 }, async () => (await prepareDemoProvider()).person.password),
  )
  expect(new Set(passwords).size).toBe(20)
  for (const password of passwords) expect(Buffer.from(password, 'base64url')).toHaveLength(9)
})

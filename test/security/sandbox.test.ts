// Permission model with exactly the flags of the service unit, and the bundle that it runs: everything the gateway needs works, and nothing else does.

import { appendFile, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHttpReceiver, type HttpReceiver } from '../support/http-receiver.ts'
import { serviceCommand } from '../../scripts/package/service-command.ts'
import { buildPackagedProgram, type PackagedProgram } from '../support/packaged-program.ts'
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.ts'
import { createSecurityEnvironment, root, type SecurityEnvironment, type Running } from './environment.ts'

const image = await readFile(join(root, 'deploy/Dockerfile'), 'utf8')

const { flags } = serviceCommand()

let house: SecurityEnvironment
let gateway: Running
let program: PackagedProgram
let mail: SmtpServer
let webhook: HttpReceiver

beforeAll(async () => {
  program = await buildPackagedProgram()
  mail = await startSmtpServer()
  webhook = await startHttpReceiver()
  house = await createSecurityEnvironment({
    store: 'sqlite:lib/einlass.db',
    audit: {
      file: { path: 'log/audit.jsonl', rotate: '64KB', keep: 2 },
      sinks: [
        {
          kind: 'mail',
          url: `smtp://localhost:${mail.port}`,
          from: 'einlass@example.com',
          to: 'it@example.com',
          events: 'configuration',
        },
        { kind: 'webhook', url: webhook.url, secret: 'x'.repeat(32), events: 'configuration' },
      ],
    },
  })
  for (const folder of ['etc', 'lib', 'log', 'run']) await mkdir(join(house.folder, folder))
  for (const file of ['einlass.yaml', 'secret.key', 'client.secret']) {
    await rename(join(house.folder, file), join(house.folder, 'etc', file))
  }
  const configuration = JSON.parse(await readFile(configurationFile(), 'utf8')) as {
    gateway: { admin_socket: string }
    store: string
    audit: { file: { path: string } }
  }
  configuration.gateway.admin_socket = join(house.folder, 'run/admin.sock')
  configuration.store = `sqlite:${join(house.folder, 'lib/einlass.db')}`
  configuration.audit.file.path = join(house.folder, 'log/audit.jsonl')
  await writeFile(configurationFile(), JSON.stringify(configuration))
  const places: readonly (readonly [string, string])[] = [
    ['/usr/lib/einlass', program.folder],
    ['/etc/einlass', join(house.folder, 'etc')],
    ['/var/lib/einlass', join(house.folder, 'lib')],
    ['/var/log/einlass', join(house.folder, 'log')],
    ['/run/einlass', join(house.folder, 'run')],
  ]
  const here = flags.map((flag) => places.reduce((text, [there, at]) => text.replace(there, at), flag))
  process.env['CONFIGURATION'] = configurationFile()
  gateway = await house.start({
    file: configurationFile(),
    executable: program.bundle,
    // The preloaded script of the test must be readable too.
    node: [
      ...here,
      `--allow-fs-read=${join(root, 'test/security')}`,
      '--import',
      join(root, 'test/security/forbidden-operations.mjs'),
    ],
  })
})
afterAll(async () => {
  delete process.env['CONFIGURATION']
  await house?.stop()
  await mail?.close()
  await webhook?.close()
  await program?.remove()
})

function configurationFile(): string {
  return join(house.folder, 'etc/einlass.yaml')
}

function admin(path: string): Promise<{ status: number; value: unknown }> {
  return house.admin('GET', path, join(house.folder, 'run/admin.sock'))
}

function operations(path: string): Promise<string> {
  return new Promise((done, reject) => {
    get({ host: '127.0.0.1', port: house.operationsPort, path, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk))
      answer.on('end', () => done(text))
    }).on('error', reject)
  })
}

test('the unit enables the permission model and allows nothing that is not needed', () => {
  expect(flags).toEqual(expect.arrayContaining(['--permission', '--allow-net', '--disable-sigusr1']))
  const allowed = flags.filter((flag) => flag.startsWith('--allow-')).map((flag) => flag.replace(/=.*/, ''))
  expect([...new Set(allowed)].toSorted()).toEqual(['--allow-fs-read', '--allow-fs-write', '--allow-net'])
  const written = flags.filter((flag) => flag.startsWith('--allow-fs-write=')).map((flag) => flag.split('=')[1])
  expect(written.toSorted()).toEqual(['/run/einlass', '/var/lib/einlass', '/var/log/einlass'])
})

test('the container runs with the same flags, as an unprivileged user', () => {
  for (const flag of flags) expect(image).toContain(`"${flag}"`)
  expect(image).toMatch(/^USER node$/m)
})

test('sign-in, apps, SQLite, audit and admin socket work', async () => {
  const ada = house.visitor()
  expect((await ada.open(`${house.app}/`)).status).toBe(200)
  expect((await admin('/sessions')).value).toHaveLength(1)
  expect((await stat(join(house.folder, 'lib/einlass.db'))).mode & 0o777).toBe(0o600)
  await expect.poll(() => readFile(join(house.folder, 'log/audit.jsonl'), 'utf8')).toContain('"class_uid":4002')
})

test('notifications work: the spool is written, mail and webhook are sent', async () => {
  await expect.poll(() => mail.mails.length, { timeout: 5000 }).toBeGreaterThan(0)
  await expect.poll(() => webhook.taken.length, { timeout: 5000 }).toBeGreaterThan(0)
  expect(await readdir(join(house.folder, 'log/spool'))).toEqual(['mail', 'webhook'])
})

test('process metrics work', async () => {
  const numbers = await operations('/metrics')
  for (const name of ['process_resident_memory_bytes', 'process_open_fds', 'process_start_time_seconds']) {
    expect(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(numbers)?.[1]), name).toBeGreaterThan(0)
  }
})

test('file watching, SIGHUP and reopening a moved audit file work', async () => {
  const before = ((await admin('/status')).value as { configuration: { hash: string } }).configuration.hash
  const text = await readFile(configurationFile(), 'utf8')
  await writeFile(configurationFile(), text.replace('"staff"', '"staff","office"'))
  await expect
    .poll(async () => ((await admin('/status')).value as { configuration: { hash: string } }).configuration.hash)
    .not.toBe(before)
  await rename(join(house.folder, 'log/audit.jsonl'), join(house.folder, 'log/audit.old'))
  gateway.signal('SIGHUP')
  await house.visitor().ask(`${house.app}/`)
  await expect.poll(() => readFile(join(house.folder, 'log/audit.jsonl'), 'utf8').catch(() => '')).toContain('4002')
})

test('the audit is rotated', async () => {
  await appendFile(join(house.folder, 'log/audit.jsonl'), `${' '.repeat(70_000)}\n`)
  gateway.signal('SIGHUP')
  const rotated = () =>
    stat(join(house.folder, 'log/audit.jsonl.1')).then(
      () => true,
      () => false,
    )
  await expect
    .poll(async () => {
      await house.visitor().ask(`${house.app}/`)
      return rotated()
    })
    .toBe(true)
})

test('no child process, worker thread, addon, debugger, code generation, or other file', async () => {
  gateway.signal('SIGUSR2')
  await expect.poll(gateway.output).toContain('tried everything')
  const tried = [...gateway.output().matchAll(/^tried ([^:\n]+): (.*)$/gm)].map(([, name, outcome]) => [name, outcome])
  expect(tried.length).toBeGreaterThan(8)
  expect(tried.filter(([, outcome]) => outcome === 'DONE')).toEqual([])
  // Two operations are blocked by other flags.
  const own = new Map([
    ['addon', 'ERR_DLOPEN_DISABLED'],
    ['code from text', 'EvalError'],
  ])
  expect(tried.filter(([name, outcome]) => outcome !== (own.get(name!) ?? 'ERR_ACCESS_DENIED'))).toEqual([])
  expect(gateway.output()).not.toContain('fetch was used')
})

test('SIGUSR1 starts no debugger', async () => {
  gateway.signal('SIGUSR1')
  expect((await admin('/status')).status).toBe(200)
  expect(gateway.output()).not.toContain('Debugger listening')
})

test('graceful shutdown works', async () => {
  gateway.signal('SIGTERM')
  expect(await gateway.gone).toBe(0)
})

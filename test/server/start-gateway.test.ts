// Start of `einlass serve`, and the errors that prevent it.

import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/demo/listen.ts'
import { listenError } from '../../src/server/listen-error.ts'
import { run } from '../cli/run-command.ts'
import { createGatewayEnvironment, type GatewayEnvironment } from './environment.ts'

/** Linux can lower the first unprivileged port. */
const firstFree = '/proc/sys/net/ipv4/ip_unprivileged_port_start'
const unprivilegedPort443 = !existsSync(firstFree) || Number(readFileSync(firstFree, 'utf8')) <= 443

/** Occupies a port or a socket path until the end of the test. */
async function occupy(address: number | string): Promise<void> {
  const server = createServer()
  if (typeof address === 'number') await listen(server, address)
  else await new Promise<void>((resolve) => server.listen(address, resolve))
  onTestFinished(() => void server.close())
}

/** Expects exit code 1 and one line on standard error, which it returns. */
async function refused(house: GatewayEnvironment, uid?: number): Promise<string> {
  const { code, stdout, stderr } = await house.fail(uid)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^[^\n]+\n$/)
  return stderr.trimEnd()
}

/** A file of the configuration that cannot be opened: with its line, as `check` says it. */
async function refusedFile(house: GatewayEnvironment): Promise<string> {
  const { code, stderr } = await house.fail()
  expect(code).toBe(1)
  expect(stderr).toMatch(/^einlass\.yaml:\d+:\d+: [^\n]+\n1 problem: the gateway was not started\n$/)
  return stderr.split('\n')[0]!
}

describe('starts', () => {
  test.each(['memory:', 'sqlite:einlass.db'])('with the store %s, and prints its addresses', async (store) => {
    const house = await createGatewayEnvironment(store)
    const gateway = await house.start()
    const why = `the store ${store.split(':')[0]}: is for one process only; several need Redis`
    expect(gateway.output()).toContain(`einlass: one worker: ${why}\n`)
    const { stdout } = await gateway.cli('status')
    expect(stdout).toContain(`\nworkers        one: ${why}\n`)
    expect(stdout).toMatch(
      /^! \w+: the provider does not answer since \S+: no new sign-ins: connection_refused: ECONNREFUSED, .*127\.0\.0\.1:9\. To mend it: nothing listens/m,
    )
    expect(gateway.output()).toContain(
      `einlass: listening on port ${house.port}, operations on port ${house.operationsPort}\n` +
        `einlass: http://access.localhost:${house.port} is open\n`,
    )
    const { status, body } = await house.ask('/slow/0')
    expect([status, await body]).toEqual([200, 'slowly'])
    for (const file of ['audit.jsonl', 'admin.sock', ...(store === 'memory:' ? [] : ['einlass.db'])]) {
      expect((await stat(join(house.folder, file))).mode & 0o777, file).toBe(0o600)
    }
    expect(await gateway.stop()).toBe(0)
    expect(existsSync(house.adminSocket)).toBe(false)
  })

  test('with warnings, which name the file as it was given', async () => {
    const house = await createGatewayEnvironment()
    await house.write({
      identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'written-out' },
    })
    const gateway = await house.start()
    expect(gateway.output()).toMatch(
      /einlass\.yaml:\d+:\d+: identity\.client_secret: warning: secret in clear text; use env:NAME or file:PATH\n/,
    )
    expect(gateway.output()).not.toContain('written-out')
  })

  test('with a stale admin socket of a killed gateway', async () => {
    const house = await createGatewayEnvironment()
    const first = await house.start()
    await first.kill9()
    expect(existsSync(house.adminSocket)).toBe(true)
    const second = await house.start()
    expect((await second.cli('status')).stdout).toMatch(/^einlass /m)
    expect(await second.stop()).toBe(0)
  })
})

describe('does not start: exit code 1 and one line', () => {
  test('a port in use is reported with its configuration key', async () => {
    const house = await createGatewayEnvironment()
    await occupy(house.port)
    expect(await refused(house)).toBe(`einlass serve: gateway.listen: port ${house.port} of 127.0.0.1 is in use`)
    await house.write({ gateway: { listen: [{ address: `127.0.0.2:${house.port}` }] } })
    await occupy(house.operationsPort)
    expect(await refused(house)).toBe(
      `einlass serve: gateway.operations: port ${house.operationsPort} of 127.0.0.1 is in use`,
    )
  })

  test('an address this machine does not have', async () => {
    const house = await createGatewayEnvironment()
    await house.write({ gateway: { listen: [{ address: `192.0.2.1:${house.port}` }] } })
    expect(await refused(house)).toBe('einlass serve: gateway.listen: 192.0.2.1 is not an address of this machine')
  })

  test.skipIf(unprivilegedPort443)('a privileged port, with what it needs', async ({ skip }) => {
    const house = await createGatewayEnvironment()
    await house.write({ gateway: { listen: [{ address: '127.0.0.1:443' }] } })
    // Root may listen there, so try as the user `nobody`, who then owns the folder.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined
    if (uid !== undefined) {
      const { code } = await run(['--version'], { uid }).catch(() => ({ code: 1 }))
      if (code !== 0) skip('this checkout is where only root may read')
      await chmod(house.file, 0o644)
      for (const name of ['', 'einlass.yaml', 'secret.key']) await chown(join(house.folder, name), uid, uid)
    }
    expect(await refused(house, uid)).toBe(
      'einlass serve: gateway.listen: not allowed to listen on port 443 of 127.0.0.1; ports below 1024 need CAP_NET_BIND_SERVICE; or choose a higher one',
    )
  })

  test('other errors are returned unchanged', () => {
    const other = new Error('a certificate')
    expect(listenError('gateway.listen', { host: '0.0.0.0', port: 443 }, other)).toBe(other)
  })

  test('an audit file that cannot be written', async () => {
    const house = await createGatewayEnvironment()
    await mkdir(join(house.folder, 'audit.jsonl'))
    const at = `audit.file.path: cannot be written: ${join(house.folder, 'audit.jsonl')} is a folder`
    expect(await refusedFile(house)).toContain(at)
  })

  test('a SQLite file in use by another gateway, and a file that is not SQLite', async () => {
    const house = await createGatewayEnvironment('sqlite:einlass.db')
    await house.start()
    const other = await createGatewayEnvironment(`sqlite:${join(house.folder, 'einlass.db')}`)
    expect(await refused(other)).toMatch(
      /: the store .*einlass\.db is in use by another process; .* several need Redis$/,
    )
    await writeFile(join(other.folder, 'text.db'), 'this is no database at all'.repeat(100))
    await other.write({ store: 'sqlite:text.db' })
    expect(await refusedFile(other)).toMatch(/ store: cannot be opened: the file is no SQLite database/)
  })

  test('an admin socket on which another gateway listens', async () => {
    const house = await createGatewayEnvironment()
    await occupy(house.adminSocket)
    expect(await refused(house)).toBe(
      `einlass serve: gateway.admin_socket: ${house.adminSocket}: another gateway listens on it`,
    )
    expect(existsSync(house.adminSocket)).toBe(true)
  })

  test('an admin socket in a folder that does not exist', async () => {
    const house = await createGatewayEnvironment()
    await house.write({ gateway: { admin_socket: 'nowhere/admin.sock' } })
    expect(await refused(house)).toMatch(
      /^einlass serve: gateway\.admin_socket: .*nowhere\/admin\.sock: cannot listen on it \(E[A-Z]+\): does its folder exist/,
    )
  })

  test('another file at the path of the admin socket is left untouched', async () => {
    const house = await createGatewayEnvironment()
    await writeFile(house.adminSocket, 'precious')
    expect(await refused(house)).toBe(
      `einlass serve: gateway.admin_socket: ${house.adminSocket}: exists and is not a socket`,
    )
    expect(await readFile(house.adminSocket, 'utf8')).toBe('precious')
  })

  test('components that had started are stopped, so that the next start succeeds', async () => {
    const house = await createGatewayEnvironment('sqlite:einlass.db')
    await mkdir(house.adminSocket)
    await refused(house)
    await house.write({ gateway: { admin_socket: 'other.sock' } })
    const gateway = await house.start()
    expect(await gateway.stop()).toBe(0)
  })
})

test('an invalid configuration: every problem, with the file name as given, exit code 1', async () => {
  const house = await createGatewayEnvironment()
  await writeFile(house.file, 'store: "memory:"\nfoo: 1\nsession: { idle: soon }\n')
  const { code, stdout, stderr } = await run(['serve', '--config', 'einlass.yaml'], { cwd: house.folder })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^einlass\.yaml:2:1: foo: unknown key/)]))
  expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^einlass\.yaml:3:18: session\.idle: expected/)]))
  expect(lines.at(-1)).toBe(`${lines.length - 1} problems: the gateway was not started`)
  const missing = await run(['serve', '--config', 'none.yaml'], { cwd: house.folder })
  expect(missing).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^none\.yaml:1:1: the file cannot be read \(ENOENT\): .*\n1 problem: the gateway was not started\n$/,
    ),
  })
})

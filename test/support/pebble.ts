// Runs a real ACME authority (pebble) with its DNS (pebble-challtestsrv), in which every name is 127.0.0.1, on free loopback ports.

import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../src/demo/listen.ts'
import { certificateFolder } from './certificates.ts'

export interface Pebble {
  readonly directory: string
  /** PEM file, for `acme.ca`. */
  readonly ca: string
  /** The ports of each host that it connects to, in place of 443 and 80. */
  readonly tlsPort: number
  readonly httpPort: number
  /** PEM of the root that its certificates end at. */
  root(): Promise<string>
  /** Certificates it has issued so far. */
  issued(): number
  /** Paths of the requests it answered so far. */
  requests(): readonly string[]
  /** Kills it; `start` begins anew with the same ports, and another root. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends all and removes its files. */
  stop(): Promise<void>
}

export interface PebbleOptions {
  /** Percentage of valid nonces that it refuses. */
  readonly badNonces?: number
  /** Keys by id of external accounts; it then asks for a binding. */
  readonly externalAccounts?: Readonly<Record<string, string>>
  /** It waits for up to five seconds before each validation. */
  readonly slow?: boolean
  /** It connects to ports 443 and 80 of each host, as authorities do. Default: to free ones. */
  readonly standardPorts?: boolean
}

/** Undefined: the machine has no pebble. */
export function findPebble(): { readonly pebble: string; readonly dns: string } | undefined {
  const [pebble, dns] = ['pebble', 'pebble-challtestsrv'].map(find)
  return pebble === undefined || dns === undefined ? undefined : { pebble, dns }
}

function find(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Throws when the machine has none. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const programs = findPebble()
  if (programs === undefined) throw new Error('pebble is missing: apt-get install pebble')
  const folder = mkdtempSync(join(tmpdir(), 'einlass-pebble-'))
  const certificates = certificateFolder()
  const { cert, key } = certificates.make(['localhost'])
  const [acme, management, freeTlsPort, freeHttpPort, dns, dnsManagement] = (await freePorts(6)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const config = join(folder, 'pebble.json')
  const { badNonces = 0, externalAccounts, slow = false, standardPorts = false } = options
  const [tlsPort, httpPort] = standardPorts ? [443, 80] : [freeTlsPort, freeHttpPort]
  writeFileSync(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${acme}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: cert,
        privateKey: key,
        httpPort,
        tlsPort,
        ocspResponderURL: '',
        externalAccountBindingRequired: externalAccounts !== undefined,
        externalAccountMACKeys: externalAccounts ?? {},
      },
    }),
  )
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '']
  const resolver = run(programs.dns, [
    '-dns01',
    `127.0.0.1:${dns}`,
    '-management',
    `127.0.0.1:${dnsManagement}`,
    ...none,
  ])
  const requests: string[] = []
  let issued = 0
  let child: ChildProcess | undefined
  const ca = readFileSync(cert, 'utf8')
  const ask = (port: number, path: string): Promise<string> => fetchText(`https://localhost:${port}${path}`, ca)

  async function start(): Promise<void> {
    child = run(programs!.pebble, ['-config', config, '-dnsserver', `127.0.0.1:${dns}`, '-strict'], {
      ...(slow ? { PEBBLE_VA_SLEEPTIME: '5' } : { PEBBLE_VA_NOSLEEP: '1' }),
      PEBBLE_WFE_NONCEREJECT: String(badNonces),
      PEBBLE_AUTHZREUSE: '0',
    })
    child.stdout!.on('data', (text: Buffer) => {
      issued += String(text).split('Issued certificate serial').length - 1
      for (const [, path] of String(text).matchAll(/(?:GET|HEAD|POST) (\/\S+) -> calling handler/g))
        requests.push(path!)
    })
    for (let attempt = 0; ; attempt++) {
      const up = await ask(acme, '/dir').catch(() => undefined)
      if (up !== undefined) return
      if (attempt > 200 || child.exitCode !== null) throw new Error('pebble does not start')
      await pause(50)
    }
  }

  const kill = async (): Promise<void> => {
    await end(child)
    child = undefined
  }
  await start()
  return {
    directory: `https://localhost:${acme}/dir`,
    ca: cert,
    tlsPort,
    httpPort,
    root: () => ask(management, '/roots/0'),
    issued: () => issued,
    requests: () => requests,
    kill,
    start,
    async stop() {
      await Promise.all([kill(), end(resolver)])
      certificates.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.resume()
  return child
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

function fetchText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += String(chunk)))
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    }).on('error', reject)
  })
}

// Starts the demo: providers, apps, laptop, a folder with the configuration, and the gateway.

import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway, type Gateway } from '../server/start-gateway.ts'
import { startApps, type DemoApps } from './apps/apps.ts'
import { demoAddresses, demoConfiguration, withGrantUntil, type DemoPorts } from './configuration.ts'
import { startLaptop, type Laptop } from './laptop.ts'
import { freePorts, listen } from './listen.ts'
import { externals, staff } from './people.ts'
import { startProvider, type DemoProvider } from './provider/provider.ts'
import { createActions } from './scenes/actions.ts'
import { cast, placesOf, titles } from './scenes/cast.ts'
import { parseDuration } from '../config/units.ts'
import { followAudit } from './scenes/audit-tail.ts'
import { startScenes } from './scenes/scenes.ts'

export interface DemoEnvironment {
  readonly ports: DemoPorts
  readonly addresses: ReturnType<typeof demoAddresses>
  readonly company: DemoProvider
  readonly partner: DemoProvider
  readonly apps: DemoApps['apps']
  readonly laptop: Laptop
  readonly gateway: Gateway
  /** Temporary folder, removed by `stop`. */
  readonly folder: string
  readonly configurationFile: string
  readonly auditFile: string
  readonly adminSocket: string
  /** End of the technician's grant in the initial file, epoch milliseconds. */
  readonly grantUntil: number
  /** Changes the end of the technician's grant in the file and reloads it; rejects if the reload fails. */
  endGrantAt(until: number): Promise<void>
  stop(): Promise<void>
}

export interface StageOptions {
  /** Port of the gateway, followed by the other ports; 0: any. */
  readonly port: number
  /** Duration of the technician's grant, milliseconds. */
  readonly grantFor: number
  readonly revalidate: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

/** The demo cannot start; the message is one line. */
export class CannotStart extends Error {
  readonly code = 'not_possible'
}

export async function startDemoEnvironment(options: StageOptions): Promise<DemoEnvironment> {
  const ports = await choosePorts(options.port)
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  const keep = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    undo.push(() => part.stop())
    return part
  }

  try {
    const folder = await mkdtemp(join(tmpdir(), 'einlass-demo-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const secrets = { company: secret(), partner: secret(), device: secret() }
    for (const [name, value] of Object.entries(secrets)) {
      await writeFile(join(folder, `${name}.secret`), `${value}\n`, { mode: 0o600 })
    }
    const addresses = demoAddresses(ports)
    const client = (name: 'company' | 'partner') => ({
      clientId: 'einlass',
      clientSecret: secrets[name],
      redirectUris: [`${addresses.gateway}/callback/${name}`],
      postLogoutRedirectUris: [`${addresses.gateway}/signed-out`],
      backchannelLogoutUri: `${addresses.gateway}/backchannel-logout/${name}`,
    })
    const provider = (name: 'company' | 'partner', title: string, hue: number, people: typeof staff) =>
      startProvider({
        port: ports[name],
        issuer: addresses[name],
        title,
        hue,
        people,
        clients: [client(name)],
        typesFor: ({ headers }) => headers['x-demo-person']?.toString(),
      })
    const company = keep(await provider('company', 'Muster GmbH', 222, staff))
    const partner = keep(await provider('partner', 'Partner AG', 340, externals))
    const { apps } = keep(await startApps({ gateway: addresses.gateway, origins: addresses.apps }))
    const laptop = keep(
      await startLaptop({
        port: ports.laptop,
        gatewayPort: ports.gateway,
        providers: { login: ports.company, partner: ports.partner },
        secret: secrets.device,
        people: cast,
        now: options.now,
      }),
    )

    const scenes = keep(await startScenes())

    const grantUntil = options.now() + options.grantFor
    const upstreams = {
      wiki: apps.wiki.upstream,
      payroll: apps.payroll.upstream,
      machines: apps.machines.upstream,
      servers: apps.servers.upstream,
    }
    const configurationFile = join(folder, 'einlass.yaml')
    // Atomic replacement: the gateway watches the file and must not read half of it.
    const write = async (text: string) => {
      await writeFile(`${configurationFile}.new`, text)
      await rename(`${configurationFile}.new`, configurationFile)
    }
    const plan = { ports, upstreams, scenes: scenes.upstream, grantUntil, revalidate: options.revalidate }
    await write(demoConfiguration(plan))
    const started = await startGateway({ file: configurationFile, env: options.env, logLevel: 'error' })
    if (started.state === 'refused') throw new CannotStart(started.problems.join('; '))
    const { gateway } = started
    // Short timeout: the demo's live connections never finish by themselves.
    undo.push(() => gateway.stop(500))

    const endGrantAt = async (until: number) => {
      const text = withGrantUntil(await readFile(configurationFile, 'utf8'), until)
      if (text === undefined) throw new Error(`the technician's grant is not in ${configurationFile}`)
      await write(text)
      const reloaded = await gateway.reload()
      if (reloaded.state === 'refused') throw new Error(JSON.stringify(reloaded))
    }
    const files = {
      folder,
      configurationFile,
      auditFile: join(folder, 'audit.jsonl'),
      adminSocket: join(folder, 'admin.sock'),
    }
    scenes.begin({
      laptop,
      actions: createActions({ company, laptop, endGrantAt, grantUntil, now: options.now }),
      audit: followAudit(files.auditFile),
      context: {
        people: [...staff, ...externals],
        titles,
        providers: { company: 'Muster GmbH', partner: 'Partner AG' },
        timeZone: Temporal.Now.timeZoneId(),
      },
      origin: addresses.stage,
      page: {
        gateway: addresses.gateway,
        places: placesOf(addresses, laptop),
        revalidate: parseDuration(options.revalidate) ?? 0,
      },
      now: options.now,
    })
    return { ports, addresses, company, partner, apps, laptop, gateway, ...files, grantUntil, endGrantAt, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function choosePorts(first: number): Promise<DemoPorts> {
  const [gateway, company, partner, laptop, operations] =
    first === 0 ? await freePorts(5) : [first, first + 1, first + 2, first + 3, first + 4]
  const ports = { gateway: gateway!, company: company!, partner: partner!, laptop: laptop!, operations: operations! }
  for (const port of Object.values(ports)) {
    if (await taken(port)) {
      throw new CannotStart(
        `port ${port} is in use: stop the process that uses it, or choose other ports with --port N (uses N to N+4)`,
      )
    }
  }
  return ports
}

/** Checks ::1 as well: browsers try it first for `localhost`, and another process there would respond instead. */
async function taken(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const probe = createServer()
    try {
      await listen(probe, port, host)
      await new Promise((resolve) => probe.close(resolve))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE') return true
      // Without IPv6 no process can listen on ::1.
      if (host === '127.0.0.1') throw new CannotStart(`port ${port} of 127.0.0.1 cannot be opened: ${message}`)
    }
  }
  return false
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

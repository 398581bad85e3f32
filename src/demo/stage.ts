// Builds the demo: providers, apps, laptop, a folder with the configuration, and the gateway in front of them.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway, type Gateway } from '../server/start-gateway.ts'
import { startApps, type DemoApps } from './apps/apps.ts'
import { demoAddresses, demoConfiguration, type DemoPorts } from './configuration.ts'
import { startLaptop, type Laptop } from './laptop.ts'
import { freePorts, listen } from './listen.ts'
import { externals, staff } from './people.ts'
import { startProvider, type DemoProvider } from './provider/provider.ts'

export interface Stage {
  readonly ports: DemoPorts
  readonly addresses: ReturnType<typeof demoAddresses>
  readonly company: DemoProvider
  readonly partner: DemoProvider
  readonly apps: DemoApps['apps']
  readonly laptop: Laptop
  readonly gateway: Gateway
  /** Removed when the stage is taken down. */
  readonly folder: string
  readonly configurationFile: string
  readonly auditFile: string
  readonly adminSocket: string
  /** Epoch milliseconds, as the file said at the beginning. */
  readonly grantUntil: number
  /** Writes another end of the technician's grant into the file and has it applied; rejects when it is refused. */
  endGrantAt(until: number): Promise<void>
  stop(): Promise<void>
}

export interface StageOptions {
  /** The gateway's port, the others follow it; 0: any. */
  readonly port: number
  /** Milliseconds from now. */
  readonly grantFor: number
  readonly revalidate: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

/** Why the demo cannot begin, in one line. */
export class NotPossible extends Error {
  readonly code = 'not_possible'
}

export async function buildStage(options: StageOptions): Promise<Stage> {
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
      startProvider({ port: ports[name], issuer: addresses[name], title, hue, people, clients: [client(name)] })
    const company = keep(await provider('company', 'Muster GmbH', 222, staff))
    const partner = keep(await provider('partner', 'Partner AG', 340, externals))
    const { apps } = keep(await startApps({ gateway: addresses.gateway, origins: addresses.apps }))
    const laptop = keep(
      await startLaptop({
        port: ports.laptop,
        gatewayPort: ports.gateway,
        providers: { login: ports.company, partner: ports.partner },
        secret: secrets.device,
        now: options.now,
      }),
    )

    const grantUntil = options.now() + options.grantFor
    const upstreams = {
      wiki: apps.wiki.upstream,
      payroll: apps.payroll.upstream,
      machines: apps.machines.upstream,
      servers: apps.servers.upstream,
    }
    const configurationFile = join(folder, 'einlass.yaml')
    // In one step: the gateway watches the file, and half of one is none.
    const write = async (until: number) => {
      const plan = { ports, upstreams, grantUntil: until, revalidate: options.revalidate }
      await writeFile(`${configurationFile}.new`, demoConfiguration(plan))
      await rename(`${configurationFile}.new`, configurationFile)
    }
    await write(grantUntil)
    const started = await startGateway({ file: configurationFile, env: options.env, logLevel: 'error' })
    if (started.state === 'refused') throw new NotPossible(started.problems.join('; '))
    const { gateway } = started
    // Whoever stops a demo does not want to wait for a clock to finish.
    undo.push(() => gateway.stop(500))

    const endGrantAt = async (until: number) => {
      await write(until)
      const reloaded = await gateway.reload()
      if (reloaded.state === 'refused') throw new Error(JSON.stringify(reloaded))
    }
    const files = {
      folder,
      configurationFile,
      auditFile: join(folder, 'audit.jsonl'),
      adminSocket: join(folder, 'admin.sock'),
    }
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
      throw new NotPossible(
        `port ${port} is taken on this machine: stop what uses it, or choose others with --port N (N to N+4 are used)`,
      )
    }
  }
  return ports
}

/** Browsers try ::1 first for `localhost`: whoever sits there would answer in our place. */
async function taken(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const probe = createServer()
    try {
      await listen(probe, port, host)
      await new Promise((resolve) => probe.close(resolve))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE') return true
      // Without IPv6 nobody can sit there.
      if (host === '127.0.0.1') throw new NotPossible(`port ${port} of 127.0.0.1 cannot be opened: ${message}`)
    }
  }
  return false
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

// `npm run test:apps`: real applications behind the gateway, driven by their real clients; prints a table of outcomes.

import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommandLine } from '../../scripts/command-line.ts'
import { certificateFolder } from '../support/certificates.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import type { Application, Ground, RunningApplication, Visitor } from './application.ts'
import { applications } from './applications.ts'
import { missing } from './programs.ts'
import { outcomes, type Outcome } from './outcomes.ts'

const { only } = readCommandLine({
  name: 'test:apps',
  about:
    'Starts real applications, drives them by their real clients through the gateway, once for each HTTP/1 server, and\nprints application, client and outcome. What the machine lacks is named and skipped. Exits 1 if something failed.',
  options: { only: { type: 'string', value: 'NAMES', help: 'only these applications, separated by commas' } },
})

const people = ['erika', 'thomas'] as const
const begun = Date.now()
const results: Outcome[] = []
const running = new Map<Application, RunningApplication>()
const folder = await mkdtemp(join(tmpdir(), 'einlass-apps-'))
// Servers that give up root must reach their own folders.
await chmod(folder, 0o711)
const certificates = certificateFolder()
try {
  for (const application of chosen()) await start(application)
  if (running.size > 0) for (const http1 of ['einlass', 'node'] as const) await playAll(http1)
} finally {
  for (const application of running.values()) await application.stop()
  certificates.remove()
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`${outcomes(results)}\n${Math.round((Date.now() - begun) / 1000)} s\n`)
process.exitCode = results.some(({ outcome }) => outcome === 'failed') ? 1 : 0

function chosen(): readonly Application[] {
  if (only === undefined) return applications
  const names = only.split(',')
  const unknown = names.find((name) => !applications.some((one) => one.name === name))
  if (unknown !== undefined) throw new Error(`there is no application ${unknown}`)
  return applications.filter(({ name }) => names.includes(name))
}

async function start(application: Application): Promise<void> {
  const { name, needs } = application
  const row = { application: name, client: '', http1: '' }
  const lacking = missing(needs)
  if (lacking.length > 0) {
    results.push({ ...row, outcome: 'skipped', detail: `this machine lacks ${lacking.join(', ')}` })
    return
  }
  try {
    const own = join(folder, name)
    await mkdir(own)
    running.set(application, await application.start(`${name}.localhost`, own))
  } catch (error) {
    results.push({ ...row, outcome: 'failed', detail: `does not start: ${(error as Error).message}` })
  }
}

async function playAll(http1: 'einlass' | 'node'): Promise<void> {
  const names = [...running.keys()].map(({ name }) => name)
  const certificate = certificates.make(['access', ...names].map((name) => `${name}.localhost`))
  const stage = await startTestEnvironment({
    apps: Object.fromEntries(
      [...running].map(([{ name }, { origin, settings }]) => [
        name,
        { to: origin, policy: [{ allow: { groups: ['staff'] } }], ...settings },
      ]),
    ),
    more: () => ({ gateway: { http1 }, limits: { sign_ins_per_minute: 1_000 } }),
    tls: { cert: certificate.cert, key: certificate.key, ca: () => certificate.pem },
  })
  try {
    const node = await stage.startNode('a')
    for (const [{ name }, application] of running) {
      const origin = stage.origin(name)
      const visit = async (username: string): Promise<Visitor> => {
        const person = stage.person(username)
        await person.signIn(`${origin}/`, node.port)
        return { name: username, person, cookie: person.jar.header(new URL(origin)) ?? '' }
      }
      const ground: Ground = {
        origin,
        host: `${name}.localhost`,
        port: node.port,
        ca: { file: certificate.cert, pem: certificate.pem },
        people: [await visit(people[0]), await visit(people[1])],
      }
      for (const show of application.shows) {
        const row = { application: name, client: show.client, http1 }
        const [outcome, detail] = await show.run(ground).then(
          (seen) => ['passed', seen] as const,
          (error: unknown) => ['failed', (error as Error).message] as const,
        )
        results.push({ ...row, outcome, detail })
        process.stderr.write(`${name}, ${show.client}, ${http1}: ${outcome}\n`)
      }
    }
  } finally {
    await stage.stop()
  }
}

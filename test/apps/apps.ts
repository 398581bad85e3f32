// `npm run test:apps`: real applications behind the gateway, driven by their real clients; prints and writes a table of outcomes.

import { rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { Skipped, type Application, type RunningApplication, type Show, type Ground } from './application.ts'
import { applications } from './applications.ts'
import { domain, onGround } from './ground.ts'
import { outcomes, outcomesPage, type Outcome, type Word } from './outcomes.ts'
import { install, versionOf } from './packages.ts'
import { missing } from './programs.ts'

const form = {
  name: 'test:apps',
  about:
    'Starts real applications one after the other, drives them by their real clients through the gateway, once for each\nHTTP/1 server, prints application, client and outcome, and writes both servers’ outcomes to docs/reference/applications.md.\nWhat the machine lacks is named and skipped. Exits 1 if something failed.',
  options: {
    only: { type: 'string', value: 'NAMES', help: 'only these applications, separated by commas' },
    http1: { type: 'string', value: 'NAME', help: 'only this HTTP/1 server: einlass or node' },
  },
} as const satisfies CommandForm<CommandOptions>

const { only, http1: server } = readCommandLine(form)
const servers = (['einlass', 'node'] as const).filter((name) => server === undefined || server === name)
if (servers.length === 0) refuseCommandLine(form, `--http1 takes einlass or node, not ${JSON.stringify(server)}`)

const page = new URL('../../docs/reference/applications.md', import.meta.url)
const begun = Date.now()
const results: Outcome[] = []
const folder = await mkdtemp(join(tmpdir(), 'einlass-apps-'))
// Servers that give up root must reach their own folders.
await chmod(folder, 0o711)
// So that an interrupted run leaves neither servers nor files.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  for (const application of chosen()) {
    await play(application)
    // At once: an interrupted run keeps what it saw.
    if (server === undefined) await writePage()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`${outcomes(results)}\n${Math.round((Date.now() - begun) / 1000)} s\n`)
process.exitCode = results.some(({ outcome }) => outcome === 'FAILS') ? 1 : 0

async function writePage(): Promise<void> {
  const titles = applications.map(({ name, title = name }) => title)
  await writeFile(page, outcomesPage(results, titles, await readFile(page, 'utf8').catch(() => '')))
}

function chosen(): readonly Application[] {
  if (only === undefined) return applications
  const names = only.split(',')
  const unknown = names.find((name) => !applications.some((one) => one.name === name))
  if (unknown !== undefined) refuseCommandLine(form, `there is no application ${unknown}`)
  return applications.filter(({ name }) => names.includes(name))
}

async function play(application: Application): Promise<void> {
  const { name, title = name, recipe, needs, packages } = application
  const row = { application: title, version: '', recipe, client: '', http1: '' }
  const without = (outcome: Word, detail: string): void => void results.push({ ...row, outcome, detail })
  const lacking = missing(needs)
  if (lacking.length > 0) return without('skipped', `this machine lacks ${lacking.join(', ')}`)
  const installed = packages === undefined ? { folder: '' } : await install(packages)
  if ('lacking' in installed) return without('skipped', `this machine lacks ${installed.lacking}`)
  const own = join(folder, name)
  await mkdir(own)
  let running: RunningApplication | undefined
  try {
    running = await application.start(`${name}.${domain}`, own, installed.folder)
    const version = running.version ?? (packages ? versionOf(packages) : '')
    for (const http1 of servers)
      await onGround(application, running, http1, async (ground) => {
        for (const show of running!.shows) {
          const seen = await outcomeOf(show, ground)
          results.push({ ...row, version, client: show.client, http1, ...seen })
          const detail = seen.outcome === 'FAILS' ? `: ${seen.detail}` : ''
          process.stderr.write(`${name}, ${show.client}, ${http1}: ${seen.outcome}${detail}\n`)
        }
      })
  } catch (error) {
    without('FAILS', `${running === undefined ? 'does not start: ' : ''}${(error as Error).message}`)
    process.stderr.write(`${name}: ${(error as Error).stack}\n`)
  } finally {
    await running?.stop()
    await rm(own, { recursive: true, force: true })
  }
}

async function outcomeOf(show: Show, ground: Ground): Promise<Pick<Outcome, 'outcome' | 'detail'>> {
  try {
    const seen = await show.run(ground)
    if (show.remark === undefined) return { outcome: 'works', detail: seen }
    return { outcome: 'works, see remark', detail: `${seen}. ${show.remark}` }
  } catch (error) {
    return { outcome: error instanceof Skipped ? 'skipped' : 'FAILS', detail: (error as Error).message }
  }
}

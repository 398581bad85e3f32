// Fault injection: the disk of the audit file is full for a while.

import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeProcess } from '../support/gateway-process.ts'
import { readFile } from 'node:fs/promises'
import { startTestEnvironment } from '../support/test-environment.ts'
import { ask, healthyWithoutErrors } from './client-outcome.ts'
import { must, type FaultGroup } from './expectation.ts'

interface Disk {
  readonly name: string
  readonly folder: string
  fill(node: NodeProcess): Promise<void>
  free(node: NodeProcess): Promise<void>
  remove(): Promise<void>
}

interface Line {
  readonly class_uid: number
  readonly status_detail?: string
  readonly metadata: { readonly sequence: number; readonly correlation_uid?: string }
}

export const auditFaults: FaultGroup = {
  name: 'audit disk',
  async run(promised) {
    const disk = await openDisk()
    const stage = await startTestEnvironment({ apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } } })
    try {
      const file = join(disk.folder, 'audit.jsonl')
      const node = await stage.startNode('a', { audit: { file: { path: file } } })
      const wiki = stage.origin('wiki')
      const [erika, miro] = [stage.person('erika'), stage.person('miro')]
      await erika.signIn(wiki, node.port)
      await miro.signIn(wiki, node.port)
      await ask(erika, wiki, node.port)
      await disk.fill(node)
      const seen = new Set<string>()
      for (let number = 0; number < 60; number++) {
        seen.add(`erika ${await ask(erika, wiki, node.port)}`)
        seen.add(`miro ${await ask(miro, wiki, node.port)}`)
      }
      await promised(disk.name, 'decisions are unaffected', async () => {
        must([...seen].toSorted().join(', ') === 'erika 200, miro 403 not_in_group', [...seen].join(', '))
        return [...seen].join(', ')
      })
      await promised(disk.name, 'status reports the failing audit sink', async () => {
        for (const from = Date.now(); ;) {
          const { value } = await node.admin('GET', '/status')
          const { sinks } = (value as { audit: { sinks: { state: string; error?: string; queued: number }[] } }).audit
          if (sinks[0]?.state === 'failing') return `${sinks[0].error}, ${sinks[0].queued} waiting`
          must(Date.now() - from < 3_000, JSON.stringify(sinks))
        }
      })
      await disk.free(node)
      const reached = new Set(stage.app.reached.map(({ id }) => id))
      await promised(disk.name, 'with space again every line arrives once, without a gap', async () => {
        for (const from = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
          const text = await readFile(file, 'utf8')
          const lines = text
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as Line)
          const ids = new Set(lines.map(({ metadata }) => metadata.correlation_uid))
          const numbers = lines.map(({ metadata }) => metadata.sequence)
          const whole = numbers.every((number, at) => number === numbers[0]! + at)
          const denied = lines.filter(({ status_detail }) => status_detail === 'not_in_group').length
          if (whole && [...reached].every((id) => ids.has(id)) && denied >= 60) return `${lines.length} lines`
          must(
            Date.now() - from < 12_000,
            `${lines.length} lines, ${[...reached].filter((id) => !ids.has(id)).length} missing, in order: ${whole}`,
          )
        }
      })
      await promised(disk.name, 'the process keeps running', () => healthyWithoutErrors(node))
    } finally {
      await stage.stop()
      await disk.remove()
    }
  },
}

/** A small tmpfs if it can be mounted, else a file size limit. */
async function openDisk(): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-disk-'))
  const place = join(folder, 'disk')
  await mkdir(place)
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', place], { stdio: 'ignore' })
  } catch {
    const limit = (node: NodeProcess, size: string): void =>
      void execFileSync('prlimit', ['--pid', String(node.pid), `--fsize=${size}:`])
    return {
      name: 'audit file at its limit (RLIMIT_FSIZE)',
      folder: place,
      fill: async (node) => limit(node, String(statSync(join(place, 'audit.jsonl')).size + 700)),
      free: async (node) => limit(node, 'unlimited'),
      remove,
    }
  }
  const filler = join(place, 'filler')
  return {
    name: 'audit disk full',
    folder: place,
    // Fill the disk until a write fails.
    fill: async () => void (await writeFile(filler, Buffer.alloc(1024 ** 2)).catch(() => {})),
    free: () => rm(filler),
    async remove() {
      execFileSync('umount', [place])
      await remove()
    },
  }
}

// Fault injection: the device inventory file is deleted, corrupted, emptied or replaced by a folder.

import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestEnvironment } from '../support/test-environment.ts'
import { ask, poll, healthyWithoutErrors, within } from './client-outcome.ts'
import { must, type FaultGroup } from './expectation.ts'

const secret = 'a secret shared with the agent of the laptops'
const agentNetwork = '127.0.0.2'

const inventory = (first: boolean): string =>
  JSON.stringify({
    devices: {
      'laptop-1': { managed: true, disk_encrypted: first },
      'laptop-2': { managed: true, disk_encrypted: false },
    },
  })

const faults: readonly { readonly name: string; begin(file: string): Promise<void> }[] = [
  { name: 'inventory deleted', begin: (file) => rm(file) },
  { name: 'inventory is no YAML', begin: (file) => replace(file, 'devices: { laptop-2: { disk_encrypted: true') },
  {
    name: 'inventory with unknown facts',
    begin: (file) =>
      replace(file, JSON.stringify({ devices: { 'laptop-2': { disk_encrypted: 'perhaps', trusted: true } } })),
  },
  {
    name: 'inventory is a folder',
    async begin(file) {
      await rm(file)
      await mkdir(file)
    },
  },
]

export const postureFaults: FaultGroup = {
  name: 'posture',
  async run(promised) {
    const stage = await startTestEnvironment({
      apps: { servers: { require: { device: 'laptop' }, policy: [{ allow: { groups: ['staff'] } }] } },
      more(folder) {
        writeFileSync(join(folder, 'device.secret'), secret)
        writeFileSync(join(folder, 'inventory.yaml'), inventory(true))
        return {
          devices: {
            sources: [
              { kind: 'inventory', file: 'inventory.yaml' },
              { kind: 'trusted_header', name: 'agent', networks: [`${agentNetwork}/32`], secret: 'file:device.secret' },
            ],
            postures: { laptop: { managed: true, disk_encrypted: true } },
          },
        }
      },
    })
    try {
      const node = await stage.startNode('a')
      const url = `${stage.origin('servers')}/`
      const file = join(stage.folder, 'inventory.yaml')
      const erika = stage.person('erika')
      await erika.signIn(url, node.port)
      const by = (id: string) => ask(erika, url, node.port, { headers: signed(url, id), from: agentNetwork })
      for (const { name, begin } of faults) {
        await within(4_000, '200', () => by('laptop-1'))
        await begin(file)
        const [good, bad] = await Promise.all([poll(2_500, () => by('laptop-1')), poll(2_500, () => by('laptop-2'))])
        await promised(name, 'a non-compliant device has no access', async () => {
          const seen = bad.from(0)
          must(
            seen.every((one) => one.startsWith('403')),
            seen.join(', '),
          )
          return seen.join(', ')
        })
        await promised(name, 'the last valid content stays in force', async () => {
          must(good.from(0).join() === '200', good.from(0).join(', '))
          return good.from(0).join(', ')
        })
        await rm(file, { recursive: true, force: true })
        await replace(file, inventory(false))
        await promised(name, 'a corrected file is applied within 2 s', () =>
          within(2_000, '403 device_not_compliant', () => by('laptop-1')),
        )
        await replace(file, inventory(true))
        await promised(name, 'the process keeps running', () => healthyWithoutErrors(node))
      }
    } finally {
      await stage.stop()
    }
  },
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

/** Signs posture headers as specified in `docs/guides/devices.md`. */
function signed(url: string, id: string): Record<string, string> {
  const t = Math.floor(Date.now() / 1000)
  const { host, pathname } = new URL(url)
  const text = `einlass-device-1\n${t}\nGET\n${host}\n${pathname}\nx-device-id:${id}\n`
  return {
    'x-device-id': id,
    'x-device-signature': `t=${t},v1=${createHmac('sha256', secret).update(text).digest('hex')}`,
  }
}

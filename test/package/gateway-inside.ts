// A gateway in a root of its own, with provider, application and visitor outside: they share the loopback interface.

import type { ChildProcess } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SecurityEnvironment } from '../security/environment.ts'

/** Writes the configuration of `house` as `etc/einlass/` of `root`, with the paths of the service. */
export async function configureInside(house: SecurityEnvironment, etc: string, group: number): Promise<void> {
  await mkdir(etc, { recursive: true })
  const configuration = JSON.parse(await readFile(house.file, 'utf8')) as {
    gateway: Record<string, unknown>
    audit: unknown
    store: unknown
  }
  configuration.gateway['admin_socket'] = '/run/einlass/admin.sock'
  configuration.store = 'sqlite:/var/lib/einlass/einlass.db'
  configuration.audit = { file: { path: '/var/log/einlass/audit.jsonl' } }
  await writeFile(join(etc, 'einlass.yaml'), JSON.stringify(configuration), { mode: 0o640 })
  for (const file of ['secret.key', 'client.secret']) await copyFile(join(house.folder, file), join(etc, file))
  for (const file of ['einlass.yaml', 'secret.key', 'client.secret']) {
    await chown(join(etc, file), 0, group)
    await chmod(join(etc, file), 0o640)
  }
}

export interface GatewayInside {
  output(): string
  /** Ends it as a stop of the service does; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Resolves when the gateway of `child` is open. */
export async function whenOpen(child: ChildProcess): Promise<GatewayInside> {
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (text += chunk))
  const gone = new Promise<number | null>((done) => child.once('close', done))
  const stop = async (): Promise<number | null> => {
    // The process inside: a change of user clears the signal that `unshare` would have it get.
    const inside = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '')
    for (const pid of inside.split(' ').filter((one) => one !== '')) process.kill(Number(pid), 'SIGTERM')
    const late = setTimeout(
      () => inside.split(' ').forEach((pid) => pid !== '' && process.kill(Number(pid), 'SIGKILL')),
      20_000,
    )
    const code = await gone
    clearTimeout(late)
    return code
  }
  for (let waited = 0; !/^einlass: .* is open$/m.test(text); waited += 50) {
    if (child.exitCode !== null || waited > 60_000) {
      await stop()
      throw new Error(`the gateway did not open:\n${text}`)
    }
    await pause(50)
  }
  return { output: () => text, stop }
}

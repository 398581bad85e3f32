// DNS of the gateway and of every app, for `einlass check --online`.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Configuration } from '../../config/configuration.ts'
import { isLoopback } from '../../net/loopback.ts'
import { bounded, type Asked } from './online-check.ts'

export function askNames({ gateway, apps }: Pick<Configuration, 'gateway' | 'apps'>): readonly Promise<Asked>[] {
  return publicHosts({ gateway, apps }).map((host) => bounded(`name ${host}`, () => askName(host)))
}

/** Host names of browsers' requests, each once. */
export function publicHosts({ gateway, apps }: Pick<Configuration, 'gateway' | 'apps'>): readonly string[] {
  const origins = [gateway.origin, ...[...apps.values()].flatMap(({ addresses }) => addresses.map((one) => one.origin))]
  return [...new Set(origins.map((origin) => new URL(origin).hostname.replace(/^\[|\]$/g, '')))]
}

async function askName(host: string): Promise<Asked> {
  const name = `name ${host}`
  // Browsers resolve *.localhost themselves.
  if (isIP(host) !== 0 || isLoopback(host)) return { checks: [{ name, ok: true, detail: 'needs no DNS' }] }
  try {
    const found = await lookup(host, { all: true })
    return { checks: [{ name, ok: true, detail: found.map(({ address }) => address).join(', ') }] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const mend =
      code === 'ENOTFOUND'
        ? `create a DNS record of ${host} that leads to the gateway, or correct the name`
        : 'check the resolver of this machine'
    return { checks: [{ name, ok: false, detail: `cannot be resolved (${code})`, mend }] }
  }
}

// Certificate that is presented for every host, for `einlass check --online`: names, chain, expiry.

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import type { Configuration } from '../../config/configuration.ts'
import { bounded, type Asked, type OnlineCheck } from './online-check.ts'
import { publicHosts } from './names.ts'

const day = 86_400_000
/** Days before the end at which a certificate is reported. */
const soon = 14

type Settings = Pick<Configuration, 'gateway' | 'apps'>

/** None where the gateway speaks plain HTTP, on loopback or behind a proxy. `now`: epoch milliseconds. */
export function askCertificates({ gateway, apps }: Settings, now: number): readonly Promise<Asked>[] {
  const files = gateway.listen.flatMap(({ tls }) => tls?.certificates.map(({ cert }) => cert) ?? [])
  if (files.length === 0) return []
  const chains = Promise.all([...new Set(files)].map(readChain))
  return publicHosts({ gateway, apps }).map((host) =>
    bounded(`certificate ${host}`, async () => ({ checks: [examine(host, await chains, now)] })),
  )
}

async function readChain(file: string): Promise<readonly X509Certificate[]> {
  const pem = await readFile(file, 'utf8')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

/** The same choice as that of the listener: the first that covers the host, else the first (`http/server/certificates.ts`). */
function examine(host: string, chains: readonly (readonly X509Certificate[])[], now: number): OnlineCheck {
  const name = `certificate ${host}`
  const chain = chains.find(([leaf]) => leaf !== undefined && covers(leaf, host))
  if (chain === undefined) {
    const names = chains.flatMap(([leaf]) => leaf?.subjectAltName?.split(', ') ?? []).join(', ')
    return {
      name,
      ok: false,
      detail: `no certificate covers this host (there are: ${names})`,
      mend: 'add one under gateway.tls, or a certificate with this name',
    }
  }
  const leaf = chain[0]!
  const ends = leaf.validToDate.getTime()
  const until = leaf.validToDate.toISOString().slice(0, 10)
  if (ends <= now) return { name, ok: false, detail: `expired on ${until}`, mend: 'renew it' }
  if (leaf.validFromDate.getTime() > now) {
    const from = leaf.validFromDate.toISOString().slice(0, 10)
    return { name, ok: false, detail: `not valid before ${from}`, mend: 'check the clock of this machine' }
  }
  const broken = brokenLink(chain)
  if (broken !== undefined) {
    const mend = 'put the certificates into the file in order, each followed by that of its issuer'
    return { name, ok: false, detail: `certificate ${broken + 1} of the file is not issued by the next one`, mend }
  }
  const left = Math.floor((ends - now) / day)
  const end = left < soon ? `expires in ${left} days, on ${until}: renew it` : `valid until ${until}`
  return { name, ok: true, detail: `${end}; ${trustOf(chain)}` }
}

function covers(leaf: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined
}

function brokenLink(chain: readonly X509Certificate[]): number | undefined {
  const at = chain.findIndex((one, index) => {
    const issuer = chain[index + 1]
    return issuer !== undefined && !(one.checkIssued(issuer) && one.verify(issuer.publicKey))
  })
  return at < 0 ? undefined : at
}

/** A private authority is nothing wrong: devices may know it. */
function trustOf(chain: readonly X509Certificate[]): string {
  const last = chain.at(-1)!
  if (chain.length === 1 && last.checkIssued(last)) return 'self-signed: browsers warn'
  const roots = getCACertificates('system').concat(getCACertificates('bundled'))
  const known = roots.some((pem) => {
    const root = new X509Certificate(pem)
    return root.fingerprint256 === last.fingerprint256 || last.checkIssued(root)
  })
  return known
    ? 'leads to a public authority'
    : 'leads to no public authority: a private one, or an intermediate is missing'
}

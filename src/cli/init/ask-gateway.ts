// Asks for the address of Einlass and its certificate, for the time zone and the organisation.

import { resolve } from 'node:path'
import { accepted } from './answer.ts'
import type { Asker } from './asker.ts'
import type { InitValues } from './options.ts'
import { readCertificate, readKeyOf, readMailOrCertificate, usualKeyOf, type Certificate } from './read-certificate.ts'
import { readGatewayAddress, type GatewayAddress } from './read-domain.ts'
import { readText, readTimeZone } from './read-text.ts'

export async function askGateway(asker: Asker, values: InitValues): Promise<GatewayAddress> {
  const { t } = asker
  const demo = values['demo-provider'] === true
  return asker.obtain(
    {
      option: '--domain',
      prompt: t.domain.prompt,
      fallback: demo ? 'http://access.localhost:8080' : undefined,
      read: readGatewayAddress(t, demo),
    },
    values.domain,
  )
}

/** `cwd`: paths are relative to it. */
export async function askCertificate(
  asker: Asker,
  values: InitValues,
  { hostname, secure }: GatewayAddress,
  cwd: string,
): Promise<Certificate> {
  const { t } = asker
  if (!secure) return (asker.say(`  ${t.certificate.plain}`), { kind: 'none' })
  const directory = values['acme-directory']
  const ca = values['acme-ca'] === undefined ? undefined : resolve(cwd, values['acme-ca'])
  const authority = directory === undefined ? undefined : { directory, ca }
  const given = values['acme-mail'] ?? values['tls-cert']
  if (given === undefined && authority === undefined) asker.say(`  ${t.certificate.terms}`)
  const choice = await asker.obtain(
    {
      option: values['tls-cert'] === undefined ? '--acme-mail' : '--tls-cert',
      prompt: t.certificate.prompt,
      read:
        values['tls-cert'] === undefined
          ? readMailOrCertificate(t, cwd, hostname, authority)
          : certificateAlone(asker, cwd, hostname),
    },
    given,
  )
  if (choice.kind === 'acme') return choice
  const question = {
    option: '--tls-key',
    prompt: t.certificate.key,
    fallback: usualKeyOf(choice.cert),
    read: readKeyOf(t, cwd, choice.cert),
  }
  return { ...choice, key: await asker.obtain(question, values['tls-key']) }
}

/** `fallback`: of the organisation's name. */
export async function askOrganisation(
  asker: Asker,
  values: InitValues,
  fallback: string,
): Promise<{ readonly timeZone: string; readonly organisation: string }> {
  const { t } = asker
  const timeZone = await asker.obtain(
    { option: '--time-zone', prompt: t.timeZone.prompt, fallback: Temporal.Now.timeZoneId(), read: readTimeZone(t) },
    values['time-zone'],
  )
  const organisation = await asker.obtain(
    { option: '--organisation', prompt: t.organisation.prompt, fallback, read: readText(t) },
    values.organisation,
  )
  return { timeZone, organisation }
}

function certificateAlone({ t }: Asker, cwd: string, hostname: string): ReturnType<typeof readMailOrCertificate> {
  const read = readCertificate(t, cwd, hostname)
  return async (text) => {
    const reading = await read(text)
    return reading.ok ? accepted({ kind: 'files', cert: reading.value }, reading.remarks) : reading
  }
}

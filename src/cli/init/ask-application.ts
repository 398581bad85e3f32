// Asks for the first application: where it is, its name and address for people, and who may use it.

import { UsageError } from '../parse-arguments.ts'
import { escapeControls } from '../table.ts'
import type { Asker } from './asker.ts'
import type { Answers } from './configuration-text.ts'
import { isAudienceGiven, type InitValues } from './options.ts'
import {
  checkAudience,
  readApplicationName,
  readAudience,
  readPublicAddress,
  readUpstream,
  usualAddress,
  type Audience,
} from './read-application.ts'
import type { Certificate } from './read-certificate.ts'
import type { GatewayAddress } from './read-domain.ts'

export interface KnownPeople {
  /** Of whoever sets this up; undefined: unknown. */
  readonly mail: string | undefined
  /** Groups that the trial showed. */
  readonly groups: readonly string[]
}

export async function askApplication(
  asker: Asker,
  values: InitValues,
  gateway: GatewayAddress,
  certificate: Certificate,
  people: KnownPeople,
): Promise<Answers['app']> {
  const { t } = asker
  asker.heading(t.application.heading)
  const { to, nameHint } = await asker.obtain(
    { option: '--app-to', prompt: t.application.to, read: readUpstream(t, gateway) },
    values['app-to'],
  )
  const { title, name } = await asker.obtain(
    { option: '--app-name', prompt: t.application.name, fallback: nameHint ?? 'app', read: readApplicationName(t) },
    values['app-name'],
  )
  const from = await asker.obtain(
    {
      option: '--app-from',
      prompt: t.application.from,
      fallback: usualAddress(name, gateway),
      read: readPublicAddress(t, gateway, certificate),
    },
    values['app-from'],
  )
  return { name, title, from, to, who: await askAudience(asker, values, gateway, people) }
}

async function askAudience(
  asker: Asker,
  values: InitValues,
  gateway: GatewayAddress,
  { mail, groups }: KnownPeople,
): Promise<Audience> {
  const { t } = asker
  if (isAudienceGiven(values)) {
    const reading = await checkAudience(t, {
      groups: values['allow-group'] ?? [],
      domains: (values['allow-domain'] ?? []).map((domain) => domain.replace(/^@/, '')),
      users: values['allow-mail'] ?? [],
    })
    if (!reading.ok)
      throw new UsageError(`--allow-group, --allow-domain, --allow-mail: ${escapeControls(reading.problem)}`)
    return reading.value
  }
  if (groups.length > 0 && asker.terminal !== undefined) {
    asker.say(`  ${t.trial.seen(escapeControls(groups.slice(0, 20).join(', ')))}`)
  }
  const fallback = usualAudience(mail, gateway)
  return asker.obtain(
    { option: '--allow-group', prompt: t.application.who, fallback, read: readAudience(t) },
    undefined,
  )
}

/**
 * The domain of the address if the gateway is in it, else the address alone: `@gmail.com` or the domain of a hoster would be
 * everybody there.
 */
export function usualAudience(
  mail: string | undefined,
  { hostname }: Pick<GatewayAddress, 'hostname'>,
): string | undefined {
  const domain = mail?.slice(mail.lastIndexOf('@') + 1)
  return domain !== undefined && hostname.endsWith(`.${domain}`) ? `@${domain}` : mail
}

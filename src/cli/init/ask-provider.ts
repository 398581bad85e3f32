// Asks which provider signs people in: kind, issuer with discovery at once, then the client with its secret.

import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode } from '../../config/load/secret-references.ts'
import type { ProviderKind } from '../../config/provider-settings.ts'
import { probeProvider } from '../../identity/oidc/probe-provider.ts'
import { UsageError } from '../parse-arguments.ts'
import { escapeControls } from '../table.ts'
import { accepted, rejected, type Read } from './answer.ts'
import type { Asker } from './asker.ts'
import type { InitValues } from './options.ts'
import { discover, openDraft, type DraftContext, type IdentityDraft } from './provider-draft.ts'
import { guides, kinds } from './provider-guides.ts'
import { recogniseKind } from './recognise-kind.ts'
import { isDomain } from './read-application.ts'
import { readCertificate } from './read-certificate.ts'
import { readText } from './read-text.ts'

/** Without the client. */
export type ProviderDraft = Omit<IdentityDraft, 'client_id'>

export async function askProvider(
  asker: Asker,
  values: InitValues,
  context: DraftContext,
  cwd: string,
): Promise<ProviderDraft> {
  const { t, terminal } = asker
  asker.heading(t.provider.heading)
  const kind = await askKind(asker, values)
  let given = values.issuer
  let ca = values['provider-ca'] === undefined ? undefined : resolve(cwd, values['provider-ca'])
  for (;;) {
    const example = guides[kind ?? 'generic'].example
    const fallback = kind === 'google' ? example : undefined
    const question = { option: '--issuer', prompt: t.provider.issuer(example), fallback, read: readText(t) }
    const issuer = await asker.obtain(question, given)
    asker.say(`  ${t.provider.asking(escapeControls(issuer))}`)
    const found = await tryIssuer(issuer, kind, ca, context)
    if (found.ok) {
      asker.say(`  ${t.provider.answers(guides[found.kind].title)}`)
      const hostedDomain = found.kind === 'google' ? await askHostedDomain(asker, values) : undefined
      return {
        kind: found.kind,
        issuer,
        ...(ca !== undefined && { ca }),
        ...(hostedDomain !== undefined && { hosted_domain: hostedDomain }),
        ...statedSettings(values),
      }
    }
    const fault = t.provider.fails(escapeControls(found.detail), t.mends[found.cause] ?? found.mend)
    if (terminal === undefined) throw new Error(fault)
    asker.say(`  ✗ ${fault}`)
    given = undefined
    if (found.cause !== 'tls_unknown_ca') continue
    const authority = { option: '--provider-ca', prompt: t.provider.ca, read: readCertificate(t, cwd, '') }
    ca = await asker.obtain({ ...authority, read: withoutRemarks(authority.read) }, undefined)
    given = issuer
  }
}

/** Client id and secret; asked again while the provider refuses them. `origin`: of the gateway. */
export async function askClient(
  asker: Asker,
  values: InitValues,
  provider: ProviderDraft,
  { context, origin, cwd }: { readonly context: DraftContext; readonly origin: string; readonly cwd: string },
): Promise<{ readonly clientId: string; readonly secret: string }> {
  const { t, terminal } = asker
  let [givenId, givenFile] = [values['client-id'], values['client-secret-file']]
  for (;;) {
    const fallback = guides[provider.kind].clientId
    const question = { option: '--client-id', prompt: t.provider.clientId, fallback, read: readText(t) }
    const clientId = await asker.obtain(question, givenId)
    const secret =
      givenFile === undefined
        ? await asker.obtain(
            { option: '--client-secret-file', prompt: t.provider.clientSecret, hidden: true, read: readSecret(asker) },
            undefined,
          )
        : await secretIn(asker, givenFile, cwd)
    const draft = await openDraft({ ...provider, client_id: clientId }, secret, context)
    if (!draft.ok) throw new Error(draft.problem)
    const { ok, refused } = await probeProvider(draft.provider, origin).finally(() => draft.stop())
    if (refused === undefined) {
      if (ok) asker.say(`  ${t.provider.clientAccepted}`)
      return { clientId, secret }
    }
    const fault = t.provider.clientRefused(escapeControls(refused))
    if (terminal === undefined) throw new Error(fault)
    asker.say(`  ✗ ${fault}`)
    if (!(await asker.confirm(t.provider.again, true))) return { clientId, secret }
    ;[givenId, givenFile] = [undefined, undefined]
  }
}

/** Undefined: to be recognised. */
async function askKind(asker: Asker, values: InitValues): Promise<ProviderKind | undefined> {
  const { t, terminal } = asker
  const given = values.kind ?? (values.issuer === undefined ? undefined : '')
  if (given === undefined && terminal !== undefined) {
    const titles = kinds.map((kind) => (kind === 'generic' ? t.provider.unlisted : guides[kind].title))
    for (const [index, title] of titles.entries()) asker.say(`  ${String(index + 1).padStart(2)}  ${title}`)
  }
  const read: Read<ProviderKind | undefined> = (text) => {
    if (text === '') return accepted(undefined)
    const kind =
      kinds[Number(text) - 1] ??
      kinds.find((one) => [one, guides[one].title.toLowerCase()].includes(text.toLowerCase()))
    return kind === undefined ? rejected(t.provider.unknownKind(kinds.join(', '))) : accepted(kind)
  }
  return asker.obtain({ option: '--kind', prompt: t.provider.kinds, fallback: '', read }, given)
}

type FoundIssuer =
  | { readonly ok: true; readonly kind: ProviderKind }
  | { readonly ok: false; readonly cause: string; readonly detail: string; readonly mend: string }

async function tryIssuer(
  issuer: string,
  kind: ProviderKind | undefined,
  ca: string | undefined,
  context: DraftContext,
): Promise<FoundIssuer> {
  const draft = { kind: kind ?? recogniseKind(issuer), issuer, client_id: 'einlass', ...(ca !== undefined && { ca }) }
  const opened = await openDraft(draft, 'not-known-yet', context)
  if (!opened.ok) return { ok: false, cause: 'invalid', detail: opened.problem, mend: '' }
  try {
    const found = await discover(opened.provider)
    if (!found.ok) return found
    return { ok: true, kind: kind ?? recogniseKind(issuer, found.connection.metadata) }
  } finally {
    await opened.stop()
  }
}

function askHostedDomain(asker: Asker, values: InitValues): Promise<string> {
  const { t } = asker
  const read: Read<string> = (text) => (isDomain(text) ? accepted(text) : rejected(t.provider.noDomain))
  return asker.obtain({ option: '--hosted-domain', prompt: t.provider.hostedDomain, read }, values['hosted-domain'])
}

/** Claims, scopes and proofs as options. Texts are checked with the whole configuration. */
function statedSettings(values: InitValues): Partial<IdentityDraft> {
  const { 'groups-claim': claim, 'groups-shape': shape, scope, 'mfa-acr': acr, 'mfa-amr': amr } = values
  if (shape !== undefined && claim === undefined) throw new UsageError('--groups-shape needs --groups-claim')
  return {
    ...(claim !== undefined && { claims: { groups: shape === undefined ? claim : { claim, shape } } }),
    ...(scope !== undefined && { scopes: scope }),
    ...((acr !== undefined || amr !== undefined) && {
      mfa: { ...(amr !== undefined && { amr_any: amr }), ...(acr !== undefined && { acr_any: acr }) },
    }),
  }
}

function readSecret({ t }: Asker): Read<string> {
  return (text) => {
    if (text === '') return rejected(t.needed)
    return /\p{Cc}/u.test(text) ? rejected(t.provider.secretLines) : accepted(text)
  }
}

async function secretIn(asker: Asker, file: string, cwd: string): Promise<string> {
  const { t, terminal } = asker
  if (file === '-' && terminal !== undefined) throw new UsageError('--client-secret-file -: needs --yes')
  const path = resolve(cwd, file)
  const content = await (file === '-' ? standardInput() : readFile(path, 'utf8')).catch((error: unknown) => {
    throw new UsageError(`--client-secret-file: ${t.provider.secretFile(escapeControls(file), errorCode(error))}`)
  })
  const read = await readSecret(asker)(content.replace(/\r?\n$/, ''))
  if (!read.ok) {
    throw new UsageError(`--client-secret-file: ${content.trim() === '' ? t.provider.secretEmpty : read.problem}`)
  }
  if (file !== '-' && ((await stat(path)).mode & 0o077) !== 0)
    asker.say(`  ${t.provider.secretReadable(escapeControls(file))}`)
  return read.value
}

async function standardInput(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8').on('data', (chunk) => (text = (text + String(chunk)).slice(0, 65_536)))
  await once(process.stdin, 'end')
  return text
}

/** An authority's certificate names no host. */
function withoutRemarks(read: Read<string>): Read<string> {
  return async (text) => {
    const reading = await read(text)
    return reading.ok ? accepted(reading.value) : reading
  }
}

// The dialogue of `einlass init`: the questions in their order, and the answers they make.

import { hostname } from 'node:os'
import { UsageError } from '../parse-arguments.ts'
import type { Io } from '../command.ts'
import { askApplication } from './ask-application.ts'
import { askCertificate, askGateway, askOrganisation } from './ask-gateway.ts'
import { askClient, askProvider } from './ask-provider.ts'
import { askTrial, type TrialOutcome } from './ask-trial.ts'
import type { Asker } from './asker.ts'
import type { Answers, Places } from './configuration-text.ts'
import { prepareDemoProvider, type DemoPlan } from './demo-provider.ts'
import { freeOperationsAddress, openTrialServer } from './free-ports.ts'
import type { Language } from './messages/language.ts'
import type { InitValues } from './options.ts'
import { providerName, type IdentityDraft } from './provider-draft.ts'
import type { GatewayAddress } from './read-domain.ts'
import { servicePlaces, serviceFolder } from './service.ts'
import { showRegistration } from './show-registration.ts'

export interface DialogueResult {
  readonly answers: Answers
  readonly clientSecret: string
  /** `--demo-provider`. */
  readonly demo: DemoPlan | undefined
}

export interface DialogueContext {
  readonly values: InitValues
  /** Where the files will be, absolute. */
  readonly directory: string
  readonly language: Language
  readonly io: Io
}

export async function holdDialogue(asker: Asker, context: DialogueContext): Promise<DialogueResult> {
  const { values, directory, io } = context
  const gateway = await askGateway(asker, values)
  const certificate = await askCertificate(asker, values, gateway, io.cwd)
  const demo = values['demo-provider'] === true ? await prepareDemoProvider() : undefined
  const { identity, findings, clientSecret } = demo ?? (await askIdentity(asker, context, gateway))
  const acmeMail = certificate.kind === 'acme' ? certificate.mail : undefined
  const mail = findings?.email ?? demo?.person.email ?? acmeMail
  const own = await askOrganisation(asker, values, organisationOf(gateway))
  const app = await askApplication(asker, values, gateway, certificate, { mail, groups: findings?.groups ?? [] })
  const answers: Answers = {
    origin: gateway.origin,
    certificate,
    identity,
    demoProvider: demo !== undefined,
    ...own,
    app,
    places: await placesIn(directory, gateway),
  }
  return { answers, clientSecret, demo }
}

/** Default of `--trial-port`. */
const trialPort = 8617

async function askIdentity(
  asker: Asker,
  { values, directory, language, io }: DialogueContext,
  { origin }: GatewayAddress,
): Promise<TrialOutcome & { readonly clientSecret: string }> {
  const draftContext = { directory, env: io.env }
  const provider = await askProvider(asker, values, draftContext, io.cwd)
  const { terminal, t } = asker
  const path = `/callback/${providerName}`
  const wantsTrial = terminal !== undefined && values['no-trial'] !== true
  const server = wantsTrial
    ? await openTrialServer(portOf(values['trial-port']), path, values['trial-port'] !== undefined)
    : undefined
  const opened = server !== undefined && 'stop' in server ? server : undefined
  if (server !== undefined && opened === undefined && 'code' in server) {
    asker.say(`  ${t.trial.noPort(server.port, server.code)}`)
  }
  try {
    // Entra and Cognito take plain http for the name alone.
    const host = provider.kind === 'entra' || provider.kind === 'cognito' ? 'localhost' : '127.0.0.1'
    const redirectUri = opened === undefined ? undefined : `http://${host}:${opened.port}${path}`
    showRegistration(asker, { kind: provider.kind, origin, trial: redirectUri, language })
    // Where both are given as options, the client is registered already.
    if (terminal !== undefined && values['client-id'] === undefined) await terminal.line(t.provider.enter)
    const client = await askClient(asker, values, provider, { context: draftContext, origin, cwd: io.cwd })
    const identity: IdentityDraft = { ...provider, client_id: client.clientId }
    if (terminal === undefined || opened === undefined || redirectUri === undefined) {
      return { identity, findings: undefined, clientSecret: client.secret }
    }
    const trial = { terminal, server: opened, redirectUri, secret: client.secret, context: draftContext }
    return { ...(await askTrial(asker, identity, trial)), clientSecret: client.secret }
  } finally {
    await opened?.stop()
  }
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? trialPort)
  if (Number.isInteger(port) && port >= 1024 && port < 65_536) return port
  throw new UsageError('--trial-port: expected a number from 1024 to 65535')
}

/** `access.intern.example.com` is `example.com`; the name of this machine for loopback. */
function organisationOf({ hostname: host }: GatewayAddress): string {
  const parent = host.split('.').slice(-2).join('.')
  return host.endsWith('localhost') ? hostname() : parent
}

async function placesIn(directory: string, gateway: GatewayAddress): Promise<Places> {
  const operations = await freeOperationsAddress(gateway.port)
  if (directory === serviceFolder) return { ...servicePlaces(), operations }
  // `gateway.admin_socket`: the kernel takes 107 bytes.
  const socket = Buffer.byteLength(`${directory}/admin.sock`) <= 103 ? 'admin.sock' : undefined
  return { store: 'einlass.db', audit: 'audit.jsonl', adminSocket: socket, operations }
}

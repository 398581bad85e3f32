// The trial sign-in of the dialogue: waits for the browser, shows the claims, and takes over what the person agrees to.

import { hostname } from 'node:os'
import { mendOf } from '../../identity/oidc/failure-mends.ts'
import { SignInFailed } from '../../identity/oidc/sign-in-error.ts'
import { beginTrialSignIn } from '../../identity/oidc/trial-sign-in.ts'
import { escapeControls } from '../table.ts'
import type { Asker } from './asker.ts'
import { findingsOf, type GroupsProposal, type TrialFindings } from './propose-settings.ts'
import { openDraft, type DraftContext, type IdentityDraft } from './provider-draft.ts'
import type { Terminal } from './terminal.ts'
import type { TrialServer } from './trial-server.ts'

export interface TrialOutcome {
  readonly identity: IdentityDraft
  /** Undefined: no sign-in came to its end. */
  readonly findings: TrialFindings | undefined
}

interface Trial {
  readonly terminal: Terminal
  readonly server: TrialServer
  /** As the provider knows it. */
  readonly redirectUri: string
  readonly secret: string
  readonly context: DraftContext
}

export async function askTrial(asker: Asker, start: IdentityDraft, trial: Trial): Promise<TrialOutcome> {
  const { t } = asker
  asker.heading(t.trial.heading)
  asker.say(t.trial.open(trial.server.startUrl))
  asker.say(`${t.trial.forward(trial.server.port, hostname())}\n`)
  let identity = start
  let findings: TrialFindings | undefined
  for (;;) {
    const outcome = await attempt(asker, identity, trial)
    if (outcome === undefined) return (asker.say(`  ${t.trial.skipped}`), { identity, findings })
    if (outcome instanceof SignInFailed) {
      const { code, message: detail } = outcome
      asker.say(
        `  ✗ ${t.trial.failed(`${code}: ${escapeControls(detail)}`, t.mends[code] ?? mendOf({ code, detail }))}`,
      )
      const fewer = code === 'scope_refused' && (await asker.confirm(t.trial.fewerScopes, true))
      if (fewer) identity = { ...identity, scopes: ['openid', 'profile', 'email'] }
      // RFC 9126 2.3: refused before the browser left. Most likely the optional address was not registered.
      const unknown = code === 'provider_refused' && detail === 'invalid_request'
      if (unknown) asker.say(`  ${t.trial.unregistered(trial.redirectUri)}`)
      if (!(await asker.confirm(t.trial.again, !unknown))) return { identity, findings }
      asker.say(`    ${trial.server.startUrl}\n`)
      continue
    }
    findings = outcome.findings
    show(asker, findings)
    const next = await takeOver(asker, identity, outcome)
    const groups = findings.groupsClaim
    if (next.claims !== identity.claims && groups !== undefined) findings = { ...findings, groups: groups.names }
    identity = next
    // Only another sign-in shows what another scope brings.
    if (next.scopes === undefined || findings.scope === undefined || !next.scopes.includes(findings.scope)) {
      return { identity, findings }
    }
    if (!(await asker.confirm(t.trial.again, true))) return { identity, findings }
    asker.say(`    ${trial.server.startUrl}\n`)
  }
}

interface Attempt {
  readonly findings: TrialFindings
  readonly requestedScopes: readonly string[]
  /** That prove a second factor already. */
  readonly proofs: { readonly amrAny: readonly string[]; readonly acrAny: readonly string[] }
}

/** Undefined: the person skips it. */
async function attempt(
  { t, terminal: _asked, say }: Asker,
  identity: IdentityDraft,
  { terminal, server, redirectUri, secret, context }: Trial,
): Promise<Attempt | SignInFailed | undefined> {
  const opened = await openDraft(identity, secret, context)
  if (!opened.ok) throw new Error(opened.problem)
  const { provider } = opened
  const arrived = new AbortController()
  try {
    const begun = await beginTrialSignIn(provider, redirectUri, Date.now)
    terminal.say(t.trial.wait)
    const skipped = terminal.enter(arrived.signal).then(() => undefined)
    const callback = await Promise.race([server.callback(begun.location, begun.state), skipped])
    arrived.abort()
    say('')
    if (callback === undefined) return undefined
    try {
      const result = await begun.redeem(callback.search)
      callback.answer(t.trial.page)
      const { metadata } = await provider.connect()
      const findings = findingsOf(result, provider.settings, metadata, Date.now())
      return { findings, requestedScopes: result.requestedScopes, proofs: provider.settings.mfa }
    } catch (error) {
      callback.answer(t.trial.pageFailed)
      throw error
    }
  } catch (error) {
    if (error instanceof SignInFailed) return error
    throw error
  } finally {
    await opened.stop()
  }
}

function show({ t, say }: Asker, found: TrialFindings): void {
  const { acr, amr } = found.authentication
  const email = found.email === undefined ? found.unverifiedEmail : found.email
  const who = [
    found.name,
    email === undefined ? undefined : `${email} (${found.email === undefined ? t.trial.unverified : t.trial.verified})`,
  ]
  const said = [
    who.filter((one) => one !== undefined).join(', ') || t.trial.nobody,
    found.groups.length === 0 ? t.trial.noGroups : `groups: ${shortList(found.groups, t.trial.moreGroups)}`,
    ...(acr === undefined ? [] : [`acr ${acr}`]),
    ...(amr.length === 0 ? [] : [`amr ${amr.join(', ')}`]),
  ]
  say(`  ${t.trial.saw} ${escapeControls(said.join('; '))}`)
  say(`  ${found.refreshToken ? t.trial.refresh : t.trial.noRefresh}`)
}

/** What the person agrees to. Nothing is changed unasked. */
async function takeOver(
  asker: Asker,
  identity: IdentityDraft,
  { findings, requestedScopes, proofs }: Attempt,
): Promise<IdentityDraft> {
  const { t } = asker
  const { groupsClaim: groups, scope, mfa } = findings
  let next = identity
  if (groups !== undefined) {
    const names = escapeControls(shortList(groups.names, t.trial.moreGroups))
    if (await asker.confirm(`  ${t.trial.useClaim(escapeControls(groups.claim), names)}`, true))
      next = { ...next, claims: { groups: claimOf(groups) } }
  }
  if (scope !== undefined && (await asker.confirm(`  ${t.trial.useScope(scope)}`, true))) {
    next = { ...next, scopes: [...requestedScopes, scope] }
  }
  if (mfa.kind === 'proved') asker.say(`  ${t.trial.mfaProved}`)
  if (mfa.kind === 'unclear') asker.say(`  ${t.trial.mfaUnclear(escapeControls(mfa.said))}`)
  // By default no: a value that also comes without a second factor would open what demands one.
  if (mfa.kind !== 'values' || !(await asker.confirm(`  ${t.trial.mfaAsk}`, false))) return next
  const values = `${mfa.setting === 'acr_any' ? 'acr' : 'amr'} ${escapeControls(mfa.values.join(', '))}`
  if (!(await asker.confirm(`  ${t.trial.mfaUse(values)}`, true))) return next
  // What is written replaces the values of the kind.
  const [amr, acr] = [[...proofs.amrAny], [...proofs.acrAny]]
  ;(mfa.setting === 'acr_any' ? acr : amr).push(...mfa.values)
  return { ...next, mfa: { ...(amr.length > 0 && { amr_any: amr }), ...(acr.length > 0 && { acr_any: acr }) } }
}

function claimOf({ claim, shape, field }: GroupsProposal): NonNullable<IdentityDraft['claims']>['groups'] {
  if (shape === 'list' && field === undefined) return claim
  return { claim, shape, ...(field !== undefined && { field }) }
}

function shortList(names: readonly string[], more: (count: number) => string): string {
  const shown = names.slice(0, 12)
  return [...shown, ...(names.length > shown.length ? [more(names.length - shown.length)] : [])].join(', ')
}

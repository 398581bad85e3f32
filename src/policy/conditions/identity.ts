// Conditions on the identity of the subject: `users`, `groups`, `roles`, `providers`, `claims`.

import type { AccessRequest, Identity } from '../access-request.ts'
import { claimRequirement, type ClaimRequirement, type ConditionSet } from '../declaration.ts'
import type { Verdict } from '../policy.ts'
import { subjectKey, type Subject } from '../subject.ts'
import { vouchedEmail, type Vouchers } from '../vouching.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from '../compile-context.ts'
import { and, met, unknown, unmet } from './verdict.ts'

const askOwner = { kind: 'ask_owner' } as const

export function users(entries: readonly string[], context: CompileContext): Compiled {
  const isListed = createUserMatcher(entries, context.vocabulary.vouchers)
  const reason = context.reason('user_not_listed')
  const [no, unclear] = [unmet(reason, askOwner), unknown(reason, askOwner)]
  const noAddress = unknown(context.reason('email_unknown'), askOwner)
  return identityCondition('users', entries, context, ({ subject }) => {
    const state = isListed(subject)
    if (state === 'unknown') return subject.email === undefined ? noAddress : unclear
    return state === 'met' ? met : no
  })
}

export function groups(names: readonly string[], context: CompileContext): Compiled {
  const wanted = new Set(names)
  const no = unmet(context.reason('not_in_group'), askOwner)
  const unclear = unknown(context.reason('groups_incomplete'), askOwner)
  return identityCondition('groups', names, context, ({ subject }) => {
    if (subject.groups.some((group) => wanted.has(group))) return met
    return subject.groupsComplete ? no : unclear
  })
}

/** Roles are local to the gateway (RBAC): a subject has a role by one of its groups or by being one of its users. */
export function roles(names: readonly string[], context: CompileContext): Compiled {
  const meant = names.map((name) => {
    const role = context.vocabulary.roles.get(name)
    if (role === undefined) throw new PolicyInvalid(`there is no role ${name}`)
    return role
  })
  const wanted = new Set(meant.flatMap((role) => role.groups))
  const isListed = createUserMatcher(
    meant.flatMap((role) => role.users),
    context.vocabulary.vouchers,
  )
  const [no, unclear] = [unmet, unknown].map((make) => make(context.reason('not_a_member_of_role'), askOwner))
  const incomplete = unknown(context.reason('groups_incomplete'), askOwner)
  return identityCondition('roles', names, context, ({ subject }) => {
    if (subject.groups.some((group) => wanted.has(group))) return met
    const state = isListed(subject)
    if (state === 'met') return met
    if (!subject.groupsComplete && wanted.size > 0) return incomplete
    return state === 'unmet' ? no! : unclear!
  })
}

export function providers(names: readonly string[], context: CompileContext): Compiled {
  const wanted = new Set(names)
  const no = unmet(context.reason('provider_not_allowed'), askOwner)
  return identityCondition('providers', names, context, ({ subject }) => (wanted.has(subject.provider) ? met : no))
}

/**
 * Every claim must have one of the listed values. Absence is no value: an absent claim is unknown, unless the rule says
 * what absence means. An empty map is never met (fail closed).
 */
export function claims(wanted: NonNullable<ConditionSet['claims']>, context: CompileContext): Compiled {
  const entries = Object.entries(wanted).map(([claim, requirement]) => claimCheck(claim, requirement, context))
  const never = unmet(context.reason('claim_mismatch'), askOwner)
  const summary = entries.map((entry) => entry.summary)
  return identityCondition('claims', summary, context, ({ subject }) => {
    if (entries.length === 0) return never
    return entries.reduce((joined, { evaluate }) => and(joined, evaluate(subject)), met)
  })
}

function claimCheck(claim: string, requirement: readonly string[] | ClaimRequirement, context: CompileContext) {
  const { values, absent } = claimRequirement(requirement)
  const wanted = new Set(values)
  const no = unmet(context.reason('claim_mismatch', { claim }), askOwner)
  const unclear = unknown(context.reason('claim_unknown', { claim }), askOwner)
  const whenAbsent: Verdict = { met, unmet: no, unknown: unclear }[absent]
  return {
    summary: `${claim} = ${values.join(' or ')}${absent === 'unknown' ? '' : `, absent: ${absent}`}`,
    evaluate({ claims, partialClaims }: Subject): Verdict {
      const stated = Object.hasOwn(claims, claim) ? claims[claim]! : undefined
      if (stated?.some((value) => wanted.has(value))) return met
      if (partialClaims?.some((name) => name === '*' || name === claim || claim.startsWith(`${name}.`))) return unclear
      return stated === undefined ? whenAbsent : no
    },
  }
}

/** Condition on the identity: unknown without a session, with the remedy `sign_in`. */
export function identityCondition(
  name: string,
  summary: readonly string[],
  context: CompileContext,
  evaluateIdentity: (identity: Identity, access: AccessRequest) => Verdict,
): Compiled {
  return {
    name,
    summary: summary.join(', '),
    probes: [],
    evaluate(access) {
      if (access.identity !== undefined) return evaluateIdentity(access.identity, access)
      return unknown(context.reason(access.absence), { kind: 'sign_in', provider: undefined })
    },
  }
}

/**
 * Entries are e-mail addresses, `provider|sub` or `provider|mailto:address`. A bare address means an internal subject:
 * an external provider can assert any address, so for its users a bare address yields unknown, and so does any address
 * for a subject without a verified one, or with one that another provider vouches for. Unknown never meets an allow and
 * never disables a deny.
 */
export function createUserMatcher(
  entries: readonly string[],
  vouchers: Vouchers | undefined,
): (subject: Subject) => Verdict['state'] {
  const keys = new Set(entries.filter((entry) => entry.includes('|')).map(folded))
  const addresses = new Set(entries.filter((entry) => !entry.includes('|')).map((entry) => fold(entry)))
  const byAddress = addresses.size > 0 || [...keys].some((key) => key.includes('|mailto:'))
  return (subject) => {
    if (keys.has(subjectKey(subject))) return 'met'
    const vouched = vouchedEmail(subject, vouchers)
    if (vouched === undefined) return byAddress ? 'unknown' : 'unmet'
    const email = fold(vouched)
    if (keys.has(`${subject.provider}|mailto:${email}`)) return 'met'
    if (!addresses.has(email)) return 'unmet'
    return subject.external ? 'unknown' : 'met'
  }
}

/** `sub` is case-sensitive (OIDC Core section 2), an address is not. */
function folded(entry: string): string {
  const at = entry.indexOf('|mailto:')
  return at < 0 ? entry : `${entry.slice(0, at)}|mailto:${fold(entry.slice(at + '|mailto:'.length))}`
}

function fold(address: string): string {
  return address.trim().normalize('NFC').toLowerCase()
}

// Condition `domains`: everybody whose verified e-mail address is of one of these domains.

import type { Subject } from '../subject.ts'
import { voucherOf, vouchedEmail } from '../vouching.ts'
import type { Compiled, CompileContext } from '../compile-context.ts'
import { identityCondition } from './identity.ts'
import { met, unknown, unmet } from './verdict.ts'

const askOwner = { kind: 'ask_owner' } as const

/**
 * `names`: domains in ASCII and lower case, compared exactly: `acme.test` is not `mail.acme.test`. Without a verified
 * address that counts from this provider the verdict is unknown. So it is for users of an external provider, which can
 * state any address, unless the domain is listed under `domains` of that provider.
 */
export function domains(names: readonly string[], context: CompileContext): Compiled {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const { vouchers } = context.vocabulary
  const reason = context.reason('domain_not_allowed')
  const [no, unclear] = [unmet(reason, askOwner), unknown(reason, askOwner)]
  const noAddress = unknown(context.reason('email_unknown'), askOwner)
  const isOwn = ({ provider, email }: Subject): boolean =>
    email !== undefined && vouchers !== undefined && voucherOf(email, vouchers) === provider
  return identityCondition('domains', names, context, ({ subject }) => {
    if (subject.email === undefined) return noAddress
    const domain = domainOf(vouchedEmail(subject, vouchers))
    if (domain === undefined) return unclear
    if (!wanted.has(domain)) return no
    return subject.external && !isOwn(subject) ? unclear : met
  })
}

/** Undefined without an address, and with two `@`: two parsers could read two domains. */
function domainOf(address: string | undefined): string | undefined {
  const [local, domain, ...rest] = (address ?? '').split('@')
  return local === '' || !domain || rest.length > 0 ? undefined : domain.toLowerCase()
}

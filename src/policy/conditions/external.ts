// Implicit condition for external subjects: they need a grant, whatever the rules allow.

import type { Compiled, CompileContext } from '../compile-context.ts'
import { grant } from './grant.ts'
import { met } from './verdict.ts'

/** Met for internal subjects; for external ones as `grant: required`. */
export function external(context: CompileContext): Compiled {
  const granted = grant('required', context)
  const applies: Compiled['applies'] = ({ identity }) => identity !== undefined && context.isExternal(identity.subject)
  return {
    name: 'external',
    summary: 'by grant only',
    probes: granted.probes,
    applies,
    evaluate: (access) => (applies(access) ? granted.evaluate(access) : met),
  }
}

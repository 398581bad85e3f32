// What holds for people of another organisation, whatever a rule says: access by grant only.

import type { Compiled, CompileContext } from '../compile-context.ts'
import { grant } from './grant.ts'
import { met } from './verdict.ts'

/** Met by everybody of ours; by others as `grant: required` is. */
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

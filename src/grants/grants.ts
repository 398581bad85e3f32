// The repository of grants: those declared in YAML and those given at run time, one view.

import type { Grant, GrantLevel } from '../policy/grant.ts'
import type { Subject } from '../policy/subject.ts'
import type { Actor } from '../audit/event.ts'

export interface NewGrant {
  /** `provider|sub` or `provider|mailto:address`. */
  readonly who: string
  readonly app: string
  readonly level: GrantLevel
  readonly from: number
  readonly until: number
  readonly schedule: string | undefined
  readonly sponsor: string | undefined
  readonly reason: string | undefined
}

export interface Grants {
  /** From memory: every node holds all of them and follows the change log. */
  of(subject: Subject, app: string): readonly Grant[]
  all(): readonly Grant[]
  give(grant: NewGrant, actor: Actor): Promise<Grant>
  revoke(id: string, actor: Actor): Promise<boolean>
  /** Grants of the configuration just applied; replaces the earlier ones. Records what came and went. */
  declare(grants: readonly Grant[], actor: Actor): void
  /** Called with the ids of grants that changed, on whichever node. */
  onChange(listener: (grantIds: readonly string[]) => void): void
  /** Reads everything from the store; until it resolved once, `of` must not be asked. */
  load(): Promise<void>
}

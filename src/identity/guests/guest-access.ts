// Access of guests as sign-in and revalidation see it: what they hold, and when it stands; `gateway/guest-access.ts` implements it.

import type { Invitation } from '../../audit/notifications/guest-mail-messages.ts'
import type { Subject } from '../../policy/subject.ts'

export interface GuestAccess {
  /**
   * Grants that have not ended, future ones too, and open access requests. Undefined: none, so this person cannot sign in. Read from
   * memory, in the same time for everybody.
   */
  of(subject: Subject): readonly Invitation[] | undefined
}

// Set-up of tests under mutation: properties run with one seed, and tests that take long are left out.

import fc from 'fast-check'
import { beforeEach, inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Names of tests, or of groups, that are left out. */
    readonly long: readonly string[]
  }
}

// The same mutants are found in every run.
fc.configureGlobal({ seed: 1 })

const long = inject('long')
beforeEach(({ task, skip }) => {
  if (long.includes(task.name) || (task.suite !== undefined && long.includes(task.suite.name))) skip()
})

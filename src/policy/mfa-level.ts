// Level of an `mfa` condition: multi-factor unless the condition names another one.

import type { ConditionSet } from './declaration.ts'

export function levelOf(mfa: NonNullable<ConditionSet['mfa']>): 'mfa' | 'phishing_resistant' {
  return mfa === true ? 'mfa' : (mfa.level ?? 'mfa')
}

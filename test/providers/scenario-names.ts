// Names of the scenarios, the columns of the table.

export type ScenarioName =
  | 'sign-in'
  | 'groups'
  | 'refresh'
  | 'MFA'
  | 'step-up'
  | 'step-up failed'
  | 'back-channel logout'
  | 'disabled'
  | 'group removed'
  | 'revocation'
  | 'key rotation'
  | 'two nodes'

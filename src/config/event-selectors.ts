// The kinds of event a sink may be for, as they are written in the configuration.

export const eventSelectors = [
  'request',
  'request.opened',
  'request.supported',
  'request.approved',
  'request.denied',
  'request.withdrawn',
  'request.lapsed',
  'request.reviewed',
  'request.unreviewed',
  'emergency',
  'grant',
  'grant.given',
  'grant.extended',
  'grant.ending',
  'grant.ended',
  'grant.revoked',
  'finding',
  'finding.medium',
  'finding.high',
  'finding.critical',
  'configuration',
  'configuration.applied',
  'configuration.refused',
  'authentication',
  'device',
] as const

/** `finding.high` means that severity and what is worse; `emergency` a request nobody approved beforehand. */
export type EventSelector = (typeof eventSelectors)[number]

/** Without `events`: what somebody has to do something about. */
export const defaultSelectors: readonly EventSelector[] = ['request', 'emergency', 'grant', 'finding.high']

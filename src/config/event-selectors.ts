// Event selectors of a sink: the values of `audit.sinks[].events`.

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

/** `finding.high` selects that severity and above; `emergency` emergency access, which had no prior approval. */
export type EventSelector = (typeof eventSelectors)[number]

/** Default of `events`: those that need action. */
export const defaultSelectors: readonly EventSelector[] = ['request', 'emergency', 'grant', 'finding.high']

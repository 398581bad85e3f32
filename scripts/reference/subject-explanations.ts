// What the reference says of reason codes about a person, a session or a device.

import type { ReasonCode } from '../../src/policy/reasons.ts'
import { explainHint, type Explanation } from './explanation.ts'

export const subjectExplanations = {
  no_session: {
    steps: [
      { file: 'gateway/authenticate.ts', when: 'the request has no session cookie, or one that is unknown' },
      { file: 'gateway/revalidate.ts', when: 'a path is no longer declared `public` while a request to it is open' },
    ],
    administrator:
      'Usual before sign-in. When it returns right after sign-in, the browser does not keep the cookie: HTTPS on every host, the exact host of `from`, and no proxy in front that removes cookies.',
  },
  session_expired: {
    steps: [
      { file: 'identity/session/sessions.ts', when: '`session.lifetime` is over' },
      { file: 'gateway/pre-policy.ts', when: '`session.lifetime` of the app is over' },
      {
        file: 'identity/oidc/refresh.ts',
        when: 'the provider gives no refresh token, so the session ends after twelve intervals of `session.revalidate`',
      },
    ],
    administrator: 'Raise `session.lifetime`, or let the provider issue refresh tokens (scope `offline_access`).',
  },
  session_idle: {
    steps: [
      { file: 'identity/session/sessions.ts', when: 'no request for longer than `session.idle`' },
      { file: 'gateway/pre-policy.ts', when: 'no request for longer than `session.idle` of the app' },
    ],
    administrator: 'Raise `session.idle`, for everybody or for the app.',
  },
  session_revoked: {
    steps: [
      { file: 'web/sign-in/sign-out.ts', when: 'the person signed out' },
      { file: 'server/management/api/sessions.ts', when: 'an administrator ended the session' },
      { file: 'identity/oidc/logout.ts', when: 'the provider ended it by back-channel logout' },
      {
        file: 'identity/oidc/refresh.ts',
        when: 'the provider refused the refresh token, or the provider was removed from the configuration or changed',
      },
      { file: 'gateway/bind-device.ts', when: 'the session was used from another device' },
    ],
    administrator:
      'The Authentication event of the session in the audit has the cause in `unmapped.detail`. Refused by the provider: is the account active there?',
  },
  mfa_required: {
    steps: [],
    administrator:
      'When it returns after a step-up, the provider does not state the second factor: compare `unmapped.decision_input.identity.authentication` (acr, amr) with `mfa` of the provider.',
  },
  mfa_too_weak: {
    steps: [
      { file: 'identity/oidc/step-up-proof.ts', when: 'the step-up brought a factor that is not phishing-resistant' },
    ],
    administrator:
      'Does the person have such a factor? Does the provider state it as in `phishing_resistant` of the provider?',
  },
  mfa_too_old: {
    steps: [],
    administrator:
      'When it returns after a step-up, the provider sends no new `auth_time`: set `step_up.max_age` or `step_up.prompt` of the provider. Otherwise raise `mfa.max_age` of the condition.',
  },
  not_in_group: {
    steps: [],
    administrator: `Compare the groups in the audit event with the rule: the provider may send ids in place of names, or \`claims.groups\` names another claim. ${explainHint}.`,
  },
  not_a_member_of_role: {
    steps: [],
    administrator: `Add the person or one of their groups to the role under \`roles\`. ${explainHint}.`,
  },
  user_not_listed: {
    steps: [],
    administrator:
      'Add the person to `users` of the rule. A bare address never matches users of a provider that is `external`: write `PROVIDER|mailto:ADDRESS`. An address the provider states as not verified never matches: write `PROVIDER|SUBJECT`.',
  },
  provider_not_allowed: {
    steps: [],
    administrator: 'The person signed in with another provider than those of `providers` of the rule.',
  },
  domain_not_allowed: {
    steps: [],
    administrator:
      'Compare the domain of the address with `domains` of the rule: subdomains are listed one by one, and an address of a domain that another provider lists under `domains` does not count.',
  },
  claim_mismatch: {
    steps: [],
    administrator:
      'Compare `unmapped.decision_input.identity.subject.claims` in the audit event with `claims` of the rule; the parameter `claim` of the reason names the claim.',
  },
  groups_incomplete: {
    steps: [],
    administrator:
      'The provider did not send all groups in the token (Entra ID beyond 200 groups). Let it send only groups assigned to the application, or use `users`, `roles` with users, or `claims`.',
  },
  device_unknown: {
    steps: [],
    administrator:
      'No source of `devices.sources` knows the device, or it lacks the attribute that the parameter names. Enrol the device, or see the log for a posture that was claimed and not proved.',
  },
  device_stale: {
    steps: [],
    administrator:
      'The last report is older than `max_age` of the posture: does the agent run, and is its clock right?',
  },
  device_reported_noncompliant: {
    steps: [],
    administrator:
      'A source states `compliant: false` for the device: the reason is in the device management. `compliant: any` in the posture ignores the verdict.',
  },
  device_not_compliant: {
    steps: [],
    administrator: 'The parameter `attribute` of the reason names what is wrong on the device: correct it there.',
  },
  device_mismatch: {
    steps: [{ file: 'gateway/pre-policy.ts', when: 'the session is bound to another device; the session ends' }],
    administrator:
      'One session was used from two devices. Expected after a change of device: the person signs in again. Otherwise treat it as a stolen cookie.',
  },
  os_too_old: {
    steps: [],
    administrator: 'The parameters name system, version and minimum: update the device, or lower `os` of the posture.',
  },
  risk_too_high: {
    steps: [],
    administrator: 'The source of posture reports a higher risk than `risk_at_most` of the posture: see its console.',
  },
} as const satisfies Partial<Record<ReasonCode, Explanation>>

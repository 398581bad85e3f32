// What the reference says of each reason code besides its row in the table of reasons: where else it comes from than
// conditions, and what an administrator does about it.

import type { ReasonCode } from '../../src/policy/reasons.ts'

export interface Explanation {
  /** Places outside the conditions that give the code. `file`: below src/; a test looks the code up in it. */
  readonly steps: readonly { readonly file: string; readonly when: string }[]
  /** What to look at, and what to change. Markdown. */
  readonly administrator: string
  /** No version gives the code yet; the name is taken for what is planned. */
  readonly reserved?: true
}

const explain = '`einlass explain` with the facts of the audit event shows every condition, met or unmet'

/** A code without an explanation does not compile. */
export const explanations: Readonly<Record<ReasonCode, Explanation>> = {
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
  session_idle: {
    steps: [
      { file: 'identity/session/sessions.ts', when: 'no request for longer than `session.idle`' },
      { file: 'gateway/pre-policy.ts', when: 'no request for longer than `session.idle` of the app' },
    ],
    administrator: 'Raise `session.idle`, for everybody or for the app.',
  },
  mfa_required: {
    steps: [],
    administrator:
      'When it returns after a step-up, the provider does not state the second factor: compare `unmapped.decision_input.identity.authentication` (acr, amr) with `mfa` of the provider.',
  },
  mfa_too_old: {
    steps: [],
    administrator:
      'When it returns after a step-up, the provider sends no new `auth_time`: set `step_up.max_age` or `step_up.prompt` of the provider. Otherwise raise `mfa.max_age` of the condition.',
  },
  mfa_too_weak: {
    steps: [{ file: 'identity/oidc/callback.ts', when: 'the step-up brought a factor that is not phishing-resistant' }],
    administrator:
      'Does the person have such a factor? Does the provider state it as in `phishing_resistant` of the provider?',
  },
  not_in_group: {
    steps: [],
    administrator: `Compare the groups in the audit event with the rule: the provider may send ids in place of names, or \`claims.groups\` names another claim. ${explain}.`,
  },
  not_a_member_of_role: {
    steps: [],
    administrator: `Add the person or one of their groups to the role under \`roles\`. ${explain}.`,
  },
  user_not_listed: {
    steps: [],
    administrator:
      'Add the person to `users` of the rule. A bare address never matches users of a provider that is `external`, nor an address the provider does not state as verified: write `PROVIDER|SUBJECT` or `PROVIDER|mailto:ADDRESS`.',
  },
  provider_not_allowed: {
    steps: [],
    administrator: 'The person signed in with another provider than those of `providers` of the rule.',
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
  device_not_compliant: {
    steps: [],
    administrator: 'The parameter `attribute` of the reason names what is wrong on the device: mend it there.',
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
  network_not_allowed: {
    steps: [],
    administrator:
      'Is `src_endpoint.ip` of the audit event the address of the person? If it is that of a proxy, add the proxy to `gateway.trusted_proxies`; else add the network to `networks`.',
  },
  country_not_allowed: {
    steps: [],
    administrator: 'Nothing: the condition `countries` is not available yet.',
    reserved: true,
  },
  outside_schedule: {
    steps: [],
    administrator:
      'The parameter `opens` says when the window opens next. Check `tz` and `except` of the schedule; `einlass explain --at TIME` evaluates another moment.',
  },
  grant_required: {
    steps: [],
    administrator:
      'Give a grant (`einlass grants add`), or let people request one: `requests` of the app. External users always need a grant.',
  },
  grant_expired: {
    steps: [],
    administrator:
      'The grant is over or revoked, or its schedule is gone: `einlass grants list`, then `extend` or `add`.',
  },
  grant_pending: {
    steps: [],
    administrator: 'The grant begins later; the parameter `from` says when.',
  },
  risk_too_high: {
    steps: [],
    administrator: 'The source of posture reports a higher risk than `risk_at_most` of the posture: see its console.',
  },
  read_only: {
    steps: [],
    administrator:
      'The person may read, and this was a write: a rule with `actions: [read]`, a grant of level `read`, or a posture with `when_unknown: read_only`. A WebSocket counts as a write.',
  },
  method_not_allowed: {
    steps: [
      { file: 'web/errors/error-pages.ts', when: 'a page of the gateway does not take this method (status 405)' },
    ],
    administrator: 'Add the method to `methods` or `actions` of the rule.',
  },
  path_not_allowed: {
    steps: [],
    administrator:
      'Paths are compared canonical and decoded, exactly or up to a trailing `*`: `/admin/*` matches `/admin` as well, `/admin` alone matches nothing below it.',
  },
  denied_by_rule: {
    steps: [{ file: 'policy/decide.ts', when: 'a deny rule matches, or cannot be evaluated' }],
    administrator: `\`policy.uid\` of the audit event names the rule. The other reasons say why it matched or what could not be known. ${explain}.`,
  },
  origin_not_allowed: {
    steps: [{ file: 'gateway/pre-policy.ts', when: 'a WebSocket is opened by a page of another origin' }],
    administrator: 'Where the other site is yours, add its origin to `websocket_origins` of the app.',
  },
  policy_error: {
    steps: [
      { file: 'policy/conditions/verdict.ts', when: 'a condition threw an error' },
      { file: 'gateway/revalidate.ts', when: 'the re-evaluation of an open connection threw an error' },
    ],
    administrator: 'A defect of Einlass: the log has the cause under the request id. Please report it.',
  },
  emergency_code_other_app: {
    steps: [{ file: 'gateway/pre-policy.ts', when: 'the session was opened by an emergency code of another app' }],
    administrator: 'A code opens one app: `einlass emergency create --app APP`.',
  },
  no_rule_matched: {
    steps: [{ file: 'policy/decide.ts', when: 'no allow rule is met, and no remedy leads to one' }],
    administrator: `The default denial. ${explain}; an app without any allow rule always answers this.`,
  },
  download_limit: {
    steps: [
      { file: 'gateway/upstream-error-reply.ts', when: 'the response is announced larger than `limit.download`' },
      { file: 'gateway/forward.ts', when: 'the transfer was cut off at `limit.download`' },
    ],
    administrator: 'Raise `limit.download` of the rule named by `policy.uid`, or add a rule without it.',
  },
  throttled: {
    steps: [
      {
        file: 'gateway/enforce.ts',
        when: 'the user has `limits.requests_per_person` requests or `limits.websockets_per_person` WebSockets open',
      },
      {
        file: 'identity/oidc/authorize.ts',
        when: 'the address started more than `limits.sign_ins_per_minute` sign-ins',
      },
      { file: 'grants/emergency/codes.ts', when: 'too many emergency codes were tried' },
    ],
    administrator:
      '`einlass_throttled_total` says which limit. Many people behind one address: see `gateway.trusted_proxies`, then `limits`.',
  },
  quarantined: {
    steps: [],
    administrator: 'Nothing: no version suspends users automatically yet.',
    reserved: true,
  },
  app_disabled: {
    steps: [
      { file: 'gateway/revalidate.ts', when: 'the app was removed from the configuration while a request was open' },
    ],
    administrator: 'Expected after the app was removed. `einlass check --against` shows it beforehand.',
  },
  host_unknown: {
    steps: [
      {
        file: 'web/errors/error-pages.ts',
        when: 'no app has this host (404), or the TLS handshake named another host (421); not in the audit, but in the log',
      },
    ],
    administrator:
      '404: the host of `from` must be the one the browser asks for, with its port. 421: a proxy in front reuses TLS connections across hosts, or sends another server name (SNI).',
  },
  bad_request: {
    steps: [
      {
        file: 'web/errors/error-pages.ts',
        when: 'the request is malformed or ambiguous (400, 408, 413, 414, 417, 431, 501); not in the audit, but in the log',
      },
    ],
    administrator:
      '`detail` in the log names the check. `ambiguous_path`: `allow_encoded_slash` of the app, if the app needs encoded slashes. 431: `limits.header_bytes` or `limits.header_count`.',
  },
  provider_unreachable: {
    steps: [
      {
        file: 'gateway/idp-freshness.ts',
        when: 'a session is due for re-validation, the provider does not answer, and `session.grace` is over',
      },
      { file: 'identity/oidc/authorize.ts', when: 'the provider cannot be asked at sign-in' },
      { file: 'gateway/revalidate.ts', when: 'the re-evaluation of an open connection takes too long' },
    ],
    administrator:
      'Name resolution, network and certificate from the gateway to `issuer` (`ca` of the provider). The log has the error. `session.grace` bridges outages.',
  },
  store_unreachable: {
    steps: [
      { file: 'gateway/authenticate.ts', when: 'the store does not answer, and nothing recent is cached' },
      { file: 'gateway/idp-freshness.ts', when: 'the store does not answer during re-validation' },
      { file: 'gateway/enforce.ts', when: 'the way to sign-in cannot be stored' },
      { file: 'gateway/revalidate.ts', when: 'an open connection cannot be re-evaluated, and the change log is stale' },
    ],
    administrator: '`einlass status` and `/readyz` show the store. `session.grace` bridges outages.',
  },
  posture_unreachable: {
    steps: [],
    administrator: 'A source of `devices.sources` cannot be read: the log names it. Access returns with the source.',
  },
}

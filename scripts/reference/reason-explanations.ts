// What the reference says of each reason code besides its row in the table of reasons: where else it comes from than
// conditions, and what an administrator does about it.

import type { ReasonCode } from '../../src/policy/reasons.ts'
import { explainHint, type Explanation } from './explanation.ts'
import { subjectExplanations } from './subject-explanations.ts'

/** A code without an explanation does not compile. */
export const explanations: Readonly<Record<ReasonCode, Explanation>> = {
  ...subjectExplanations,
  network_not_allowed: {
    steps: [],
    administrator:
      'Is `src_endpoint.ip` of the audit event the address of the person? If it is that of a proxy, add the proxy to `gateway.trusted_proxies`; else add the network to `networks`.',
  },
  network_unknown: {
    steps: [],
    administrator:
      'A proxy of `gateway.trusted_proxies` sent no `X-Forwarded-For`, or one that does not name an address. The log tells which proxy and why; see [load balancer](../guides/load-balancer.md#layer-7).',
  },
  claim_unknown: {
    steps: [],
    administrator:
      'The parameter `claim` names a claim that the provider did not state, or not in full. Add it at the provider, or write `{values, absent}` for it where absence means something.',
  },
  email_unknown: {
    steps: [],
    administrator:
      'The provider stated no address, an unusable one, or `email_verified: false`. Map `claims.email`, or list the person as `provider|sub`.',
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
  grant_of_other_account: {
    steps: [],
    administrator:
      'The grant names an address and was used by another account first (`einlass grants list` shows which); a finding says who came now. If the person is the same and the account is new, revoke the grant and give another.',
  },
  grant_pending: {
    steps: [],
    administrator: 'The grant begins later; the parameter `from` says when.',
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
    steps: [{ file: 'policy/decide.ts', when: 'a deny rule matches' }],
    administrator: `\`policy.uid\` of the audit event names the rule. The other reasons say why it matched. ${explainHint}.`,
  },
  denied_by_unknown: {
    steps: [{ file: 'policy/decide.ts', when: 'it is unknown whether a deny rule matches' }],
    administrator: `\`policy.uid\` of the audit event names the rule, the other reasons name the missing fact. Have the provider or the source state it, or let the rule say what absence means (\`claims: {NAME: {values, absent: unmet}}\`). ${explainHint}.`,
  },
  origin_not_allowed: {
    steps: [
      {
        file: 'gateway/pre-policy.ts',
        when: 'a page of another origin sends a write, a WebSocket handshake or a CORS preflight',
      },
    ],
    administrator:
      'The audit event names the origin. Where it is meant to act for users, add it to `trusted_origins` of the app ([guide](../guides/requests-from-other-pages.md)).',
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
    administrator: `The default denial. ${explainHint}; an app without any allow rule always answers this.`,
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
      {
        file: 'gateway/upstream-error-reply.ts',
        when: 'with status 503: too many private connections of an application with NTLM or Kerberos sign-in are in use',
      },
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
      '`detail` in the log names the check. `octet` is what a target is refused for; with `ambiguous_path` also `rule`, the one that another reading of the path could evade: change it, or set `paths: verbatim` of the app ([Request targets](request-targets.md)). 431: `limits.header_bytes` or `limits.header_count`.',
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
      { file: 'gateway/bind-grant.ts', when: 'the account that uses a grant to an address cannot be recorded' },
      { file: 'gateway/revalidate.ts', when: 'an open connection cannot be re-evaluated, and the change log is stale' },
    ],
    administrator: '`einlass status` and `/readyz` show the store. `session.grace` bridges outages.',
  },
  posture_unreachable: {
    steps: [],
    administrator: 'A source of `devices.sources` cannot be read: the log names it. Access returns with the source.',
  },
}

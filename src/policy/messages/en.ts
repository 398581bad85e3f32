// Texts of all reasons in English: a title, then templates, the most detailed first.

import type { ReasonTexts } from '../reason-codes.ts'

export const en: ReasonTexts = {
  store_unreachable: [
    'Temporarily unavailable',
    'Einlass cannot check your session right now. Please try again in a moment.',
  ],
  provider_unreachable: [
    'Sign-in service unreachable',
    'The service that confirms your identity is not responding right now. Please try again in a moment.',
  ],
  bad_request: [
    'Request not understood',
    'Your browser or program sent a request that cannot be interpreted unambiguously. It was therefore not forwarded.',
  ],
  host_unknown: ['Nothing here', 'There is nothing at this address.'],
  throttled: ['Too many requests', 'Too many requests were sent in a short time. Please wait a moment and try again.'],
  app_disabled: ['Application disabled', '{app} is currently disabled.', 'This application is currently disabled.'],
  no_session: ['Please sign in', 'You need to sign in to continue.'],
  session_expired: ['Your sign-in has expired', 'Your sign-in has reached its maximum duration. Please sign in again.'],
  session_idle: [
    'Signed out after inactivity',
    'You were inactive for some time and have been signed out. Please sign in again.',
  ],
  session_revoked: ['You have been signed out', 'You signed out, or your session was ended. Please sign in again.'],
  quarantined: ['Access suspended', 'Your access is suspended until unusual activity has been reviewed.'],
  denied_by_rule: [
    'Access denied',
    'A rule of {app} explicitly denies this access.',
    'A rule explicitly denies this access.',
  ],
  denied_by_unknown: [
    'Information is missing',
    'A rule of {app} denies access in certain cases, and it could not be established that yours is not one of them.',
    'A rule denies access in certain cases, and it could not be established that yours is not one of them.',
  ],
  origin_not_allowed: [
    'Request from another website',
    'A page of {host} sent a form to {app} in your name. Nothing was sent on, and nothing was changed. If that page is meant to do so, as after a sign-in by SAML or a payment, an administrator can add the path to {setting} of the application; {origin} in trusted_origins admits everything that page sends.',
    'A page of {host} sent a form to this application in your name. Nothing was sent on, and nothing was changed. If that page is meant to do so, as after a sign-in by SAML or a payment, an administrator can add the path to {setting} of the application; {origin} in trusted_origins admits everything that page sends.',
    'A form for {app} did not come from one of its own pages, or did not say where it came from. Nothing was sent on, and nothing was changed. Administrators: {setting} names paths that take forms of other websites; trusted_origins names pages that may send everything.',
    'A form did not come from a page of this application, or did not say where it came from. Nothing was sent on, and nothing was changed. Administrators: {setting} names paths that take forms of other websites; trusted_origins names pages that may send everything.',
    'A page of {host} tried to send something to {app} in your name. Nothing was sent on, and nothing was changed. If that page is meant to do so, an administrator can add {origin} to trusted_origins of the application.',
    'A page of {host} tried to send something to this application in your name. Nothing was sent on, and nothing was changed. If that page is meant to do so, an administrator can add {origin} to trusted_origins of the application.',
    'A request to {app} did not come from one of its own pages, or did not say where it came from. Nothing was sent on, and nothing was changed. Administrators: trusted_origins names pages of other websites; websocket_origins: none admits WebSocket clients that are no browsers.',
    'A request did not come from a page of this application, or did not say where it came from. Nothing was sent on, and nothing was changed. Administrators: trusted_origins names pages of other websites; websocket_origins: none admits WebSocket clients that are no browsers.',
  ],
  policy_error: [
    'The rules could not be evaluated',
    'The rules of {app} could not be evaluated, so access is denied. The cause is in the log of the gateway.',
    'The rules could not be evaluated, so access is denied. The cause is in the log of the gateway.',
  ],
  emergency_code_other_app: [
    'Your emergency code is for another application',
    'You signed in with an emergency code that is valid for one application only, and {app} is not that application.',
    'You signed in with an emergency code that is valid for one application only, and this is not that application.',
  ],
  provider_not_allowed: [
    'Different sign-in needed',
    '{app} does not accept the sign-in service you used.',
    'The sign-in service you used is not accepted here.',
  ],
  domain_not_allowed: [
    'Not for e-mail addresses like yours',
    '{app} is available to people of certain organisations only. The domain of your e-mail address is not one of theirs.',
    'This is available to people of certain organisations only. The domain of your e-mail address is not one of theirs.',
  ],
  user_not_listed: [
    'Not available to your account',
    '{app} is available to certain people only, and your account is not one of them.',
    'This is available to certain people only, and your account is not one of them.',
  ],
  not_in_group: [
    'Not in the right group',
    'You are not in a group that may use {app}.',
    'You are not in a group that has access here.',
  ],
  not_a_member_of_role: [
    'Role missing',
    'You do not have a role that allows this in {app}.',
    'You do not have a role that allows this.',
  ],
  claim_mismatch: [
    'Your account does not meet the requirements',
    'The information about your account from your sign-in service does not meet the requirements of {app}.',
    'The information about your account from your sign-in service does not meet the requirements.',
  ],
  claim_unknown: [
    'Information about your account is missing',
    'Your sign-in service did not state "{claim}" for your account, and the rules of {app} depend on it. The owner can have it added.',
    'Your sign-in service did not state something about your account that the rules depend on.',
  ],
  email_unknown: [
    'Your e-mail address is not confirmed',
    'Your sign-in service did not confirm an e-mail address of yours, so it is not known whether you may use {app}. Confirm the address in your account, then sign in again.',
    'Your sign-in service did not confirm an e-mail address of yours. Confirm the address in your account, then sign in again.',
  ],
  groups_incomplete: [
    'Your groups are not fully known',
    'Your sign-in service did not send all of your groups, so it is not known whether you may use {app}.',
    'Your sign-in service did not send all of your groups, so it is not known whether you have access.',
  ],
  risk_too_high: [
    'Risk too high',
    'This access is currently rated as too risky for {app}, or its risk is not known.',
    'This access is currently rated as too risky, or its risk is not known.',
  ],
  path_not_allowed: [
    'No access to this part',
    'You do not have access to this part of {app}.',
    'You do not have access to this part.',
  ],
  method_not_allowed: ['Action not allowed', 'You may not do this in {app}.', 'You may not do this here.'],
  read_only: [
    'Read-only access',
    'You can view content in {app} at the moment, but not change it.',
    'You can view content at the moment, but not change it.',
  ],
  grant_required: [
    'Time-limited access needed',
    '{guest} is an account of another organisation. It needs time-limited access to {app}, and none has been granted.',
    'You need time-limited access to {app}, and none has been granted to you.',
    'You need time-limited access, and none has been granted to you.',
  ],
  grant_of_other_account: [
    'This access belongs to another account',
    'Your e-mail address was given access to {app}, but another account with this address has used it first. If your account was newly created, ask the owner for access of its own.',
    'Your e-mail address was given access, but another account with this address has used it first. If your account was newly created, ask for access of its own.',
  ],
  grant_expired: [
    'Your access has ended',
    'Your time-limited access to {app} has ended.',
    'Your time-limited access has ended.',
  ],
  grant_pending: [
    'Your access has not begun yet',
    'Your access to {app} begins on {from:moment}.',
    'Your access has been granted, but has not begun yet.',
  ],
  posture_unreachable: [
    'Your device cannot be checked',
    'The service that reports the state of your device is not responding right now. Please try again in a moment.',
  ],
  device_mismatch: ['Different device', 'This sign-in belongs to a different device from the one you are using.'],
  device_reported_noncompliant: [
    'Your device is reported as not compliant',
    'The device management of your organisation reports that this device does not comply with its rules, so {app} cannot be used from it. The management app on the device shows what to correct.',
    'The device management of your organisation reports that this device does not comply with its rules. The management app on the device shows what to correct.',
  ],
  device_not_compliant: [
    'Your device does not meet the requirements',
    'Your device does not meet a requirement of {app}: {attribute:attribute}.',
    'Your device does not meet the requirements of {app}.',
    'Your device does not meet the requirements.',
  ],
  os_too_old: [
    'Your operating system is too old',
    '{app} requires {system} {minimum} or later; your device runs {version}. Please install the available updates.',
    'Your operating system is too old. Please install the available updates.',
  ],
  device_stale: [
    'Your device has not reported recently',
    'The last report about the state of your device is too old for {app}.',
    'The last report about the state of your device is too old.',
  ],
  device_unknown: [
    'Your device is not known',
    '{app} requires information about your device that is missing: {attribute:attribute}.',
    '{app} can be used only from a known device. Yours is not known.',
    'This can be used only from a known device. Yours is not known.',
  ],
  network_not_allowed: [
    'Not from this network',
    '{app} can be reached only from these networks: {networks}.',
    '{app} cannot be reached from your current network.',
    'This cannot be reached from your current network.',
  ],
  network_unknown: [
    'Your network cannot be determined',
    '{app} can be reached only from certain networks, and a proxy in front of it did not say where you connect from.',
    'This can be reached only from certain networks, and a proxy in front of it did not say where you connect from.',
  ],
  country_not_allowed: [
    'Not from this country',
    '{app} cannot be reached from the country your connection comes from.',
    'This cannot be reached from the country your connection comes from.',
  ],
  outside_schedule: [
    'Outside the permitted hours',
    'You may use {app} only at certain times. The next period begins on {opens:moment}.',
    'You may use {app} only at certain times, and this is not one of them.',
    'This is available only at certain times, and this is not one of them.',
  ],
  download_limit: [
    'Download limit reached',
    'You have reached the amount of data that you may download from {app}.',
    'You have reached the amount of data that you may download.',
  ],
  no_rule_matched: ['No access', 'No rule allows you to use {app} in this way.', 'No rule allows this access.'],
  mfa_required: [
    'Second factor needed',
    '{app} requires a second factor, for example a code or a security key.',
    'A second factor is required, for example a code or a security key.',
  ],
  mfa_too_weak: [
    'Stronger second factor needed',
    '{app} requires a phishing-resistant factor, such as a passkey or a security key.',
    'A phishing-resistant factor is required, such as a passkey or a security key.',
  ],
  mfa_too_old: [
    'Please confirm your identity',
    '{app} requires that you confirmed your identity at most {max_age:duration} ago.',
    'It has been too long since you confirmed your identity.',
  ],
}

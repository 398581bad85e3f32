// Every reason in English: its title, then what is said, the fullest wording first.

import type { Words } from '../reason-codes.ts'

export const en: Words = {
  store_unreachable: [
    'Not available right now',
    'Einlass cannot reach its memory of sessions right now, so nobody can be let in. Please try again in a moment.',
  ],
  provider_unreachable: [
    'Sign-in service not reachable',
    'The service that confirms who you are does not answer right now. Please try again in a moment.',
  ],
  bad_request: [
    'Request not understood',
    'Your browser or program sent a request that cannot be read without doubt, so it was not passed on.',
  ],
  host_unknown: ['Nothing here', 'There is nothing at this address.'],
  throttled: ['Too many requests', 'There were too many requests in a short time. Please wait a moment and try again.'],
  app_disabled: [
    'Switched off',
    '{app} is switched off at the moment.',
    'This application is switched off at the moment.',
  ],
  no_session: ['Please sign in', 'You need to sign in before you can continue.'],
  session_expired: ['Your sign-in has expired', 'Your sign-in lasted as long as it may. Please sign in again.'],
  session_idle: [
    'You were away for a while',
    'Your sign-in ended because it was not used for some time. Please sign in again.',
  ],
  session_revoked: [
    'Your sign-in was ended',
    'You were signed out, or your sign-in was withdrawn. Please sign in again.',
  ],
  quarantined: ['Access suspended', 'Your access is suspended until somebody has looked into unusual activity.'],
  denied_by_rule: [
    'Access denied',
    'A rule of {app} expressly excludes this access.',
    'A rule expressly excludes this access.',
  ],
  origin_not_allowed: [
    'Another website asked',
    'The page of another website tried to use {app} on your behalf. {app} does not allow this.',
    'The page of another website tried to use this on your behalf, which is not allowed.',
  ],
  policy_error: [
    'The rules could not be evaluated',
    'The rules of {app} could not be evaluated, so nobody is let in. The cause is in the log of the gateway.',
    'The rules could not be evaluated, so nobody is let in. The cause is in the log of the gateway.',
  ],
  emergency_code_other_app: [
    'Your emergency code is for another application',
    'You signed in with an emergency code that opens one application only, and {app} is not that application.',
    'You signed in with an emergency code that opens one application only, and this is not that application.',
  ],
  provider_not_allowed: [
    'Other sign-in needed',
    '{app} does not accept the sign-in service you used.',
    'The sign-in service you used is not accepted here.',
  ],
  user_not_listed: [
    'Not for your account',
    '{app} is open to certain people only, and your account is not one of them.',
    'This is open to certain people only, and your account is not one of them.',
  ],
  not_in_group: [
    'Not in the right group',
    'You are not in a group that may use {app}.',
    'You are not in a group that has access here.',
  ],
  not_a_member_of_role: [
    'Role missing',
    'You do not have a role that may do this in {app}.',
    'You do not have a role that may do this.',
  ],
  claim_mismatch: [
    'Your account does not fit',
    'What your sign-in service says about your account does not fit what {app} asks for.',
    'What your sign-in service says about your account does not fit what is asked for here.',
  ],
  groups_incomplete: [
    'Your groups are not fully known',
    'Your sign-in service did not send all of your groups, so it cannot be told whether you may use {app}.',
    'Your sign-in service did not send all of your groups, so it cannot be told whether you have access.',
  ],
  risk_too_high: [
    'Risk too high',
    'This access is rated as too risky for {app} right now, or the risk is not known.',
    'This access is rated as too risky right now, or the risk is not known.',
  ],
  path_not_allowed: [
    'Not this part',
    'You do not have access to this part of {app}.',
    'You do not have access to this part.',
  ],
  method_not_allowed: ['Not this action', 'You may not do this in {app}.', 'You may not do this here.'],
  read_only: [
    'Reading only',
    'You may look at things in {app} at the moment, but not change them.',
    'You may look at things at the moment, but not change them.',
  ],
  grant_required: [
    'Access has to be granted',
    '{guest} is the account of another organisation. {app} is open to it only with access granted for a limited time, and there is none.',
    '{app} can be used only with access that was granted to you for a limited time. You have none.',
    'This can be used only with access that was granted to you for a limited time. You have none.',
  ],
  grant_expired: [
    'Your access has ended',
    'The access to {app} that was granted to you has ended.',
    'The access that was granted to you has ended.',
  ],
  grant_pending: [
    'Not yet',
    'Your access to {app} begins on {from:moment}.',
    'Your access has been granted, but has not begun yet.',
  ],
  posture_unreachable: [
    'Your device cannot be checked',
    'The service that knows the state of your device does not answer right now. Please try again in a moment.',
  ],
  device_mismatch: ['Different device', 'This sign-in belongs to another device than the one you are using.'],
  device_not_compliant: [
    'Your device does not meet the requirements',
    '{app} asks for something your device does not meet: {attribute:attribute}.',
    'Your device does not meet the requirements for {app}.',
    'Your device does not meet the requirements.',
  ],
  os_too_old: [
    'Your operating system is too old',
    '{app} needs {system} {minimum} or newer; your device runs {version}. Please install the updates.',
    'Your operating system is too old. Please install the updates.',
  ],
  device_stale: [
    'Your device has not reported for too long',
    'The last report about the state of your device is too old for {app}.',
    'The last report about the state of your device is too old.',
  ],
  device_unknown: [
    'Your device is not known',
    'Nothing is known about your device on this point: {attribute:attribute}. {app} asks for it.',
    '{app} can be used only from a device that is known. Yours is not.',
    'This can be used only from a device that is known. Yours is not.',
  ],
  network_not_allowed: [
    'Not from this network',
    '{app} can be reached only from these networks: {networks}.',
    '{app} cannot be reached from the network you are in.',
    'This cannot be reached from the network you are in.',
  ],
  country_not_allowed: [
    'Not from this country',
    '{app} cannot be reached from the country your connection comes from.',
    'This cannot be reached from the country your connection comes from.',
  ],
  outside_schedule: [
    'Outside the permitted hours',
    'You may use {app} only at certain times. The next one begins on {opens:moment}.',
    'You may use {app} only at certain times, and this is not one of them.',
    'This is open only at certain times, and this is not one of them.',
  ],
  download_limit: [
    'Download limit reached',
    'You have downloaded as much from {app} as you may.',
    'You have downloaded as much as you may.',
  ],
  no_rule_matched: ['No access', 'No rule lets you use {app} in this way.', 'No rule permits this access.'],
  mfa_required: [
    'One more proof, please',
    '{app} needs a second proof that it is you, for example a code or a security key.',
    'A second proof that it is you is needed, for example a code or a security key.',
  ],
  mfa_too_weak: [
    'A stronger proof, please',
    '{app} needs a proof that cannot be phished, such as a passkey or a security key.',
    'A proof that cannot be phished is needed, such as a passkey or a security key.',
  ],
  mfa_too_old: [
    'Please confirm that it is you',
    '{app} asks that you have proven who you are recently: at most {max_age:duration} ago.',
    'It has been too long since you proved who you are.',
  ],
}

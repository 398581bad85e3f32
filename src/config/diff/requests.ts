// Who could ask for access, agree to it or let themselves in, if one configuration took the place of another.

import { isDeepStrictEqual } from 'node:util'
import type { App } from '../configuration.ts'
import type { EmergencySettings, RequestSettings } from '../request-settings.ts'
import { printConditions } from './print-conditions.ts'
import { printDuration } from '../units.ts'

/** For an app that is new or gone. */
export function addedOrRemovedRequests(app: App, direction: 'gain' | 'lose'): string[] {
  const nothing = { ...app, requests: undefined, emergency: undefined }
  return direction === 'gain' ? compareRequests(nothing, app) : compareRequests(app, nothing)
}

export function compareRequests(was: App, is: App): string[] {
  const lines: string[] = []
  const say = (text: string): void => void lines.push(`${is.name}: ${text}`)
  if (!isDeepStrictEqual(was.requests, is.requests)) {
    if (is.requests === undefined) say('nobody can ask for access any more, and access that was asked for ends')
    else if (was.requests === undefined) say(`access can be asked for by ${describeRequests(is.requests)}`)
    else say(`access can be asked for by ${describeRequests(is.requests)} (before: ${describeRequests(was.requests)})`)
  }
  if (!isDeepStrictEqual(was.emergency, is.emergency)) {
    if (is.emergency === undefined) say('nobody can let themselves in in an emergency any more; whoever did is out')
    else if (was.emergency === undefined) say(`in an emergency ${describeEmergency(is.emergency)}`)
    else say(`in an emergency ${describeEmergency(is.emergency)} (before: ${describeEmergency(was.emergency)})`)
  }
  return lines
}

function describeRequests({ eligible, approvers, approvals, levels, maxDuration }: RequestSettings): string {
  const who = `${printConditions(eligible)}, approved by ${approvals} of ${printConditions(approvers)}`
  return `${who}, ${levels.join(' or ')} for at most ${printDuration(maxDuration)}`
}

function describeEmergency({ eligible, level, maxDuration, codes }: EmergencySettings): string {
  const who = isDeepStrictEqual(eligible, { users: [] }) ? [] : [`${printConditions(eligible)} let themselves in`]
  const paper = codes ? ['sealed codes open it'] : []
  return `${[...who, ...paper].join(' and ') || 'nobody gets in'}, ${level} for at most ${printDuration(maxDuration)}`
}

// Compares access requests and emergency access of one app in two configurations.

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
    if (is.requests === undefined) say('access can no longer be requested, and access from requests ends')
    else if (was.requests === undefined) say(`access can be requested by ${describeRequests(is.requests)}`)
    else say(`access can be requested by ${describeRequests(is.requests)} (before: ${describeRequests(was.requests)})`)
  }
  if (!isDeepStrictEqual(was.emergency, is.emergency)) {
    if (is.emergency === undefined) say('emergency access is no longer possible, and open emergency access ends')
    else if (was.emergency === undefined) say(`emergency access: ${describeEmergency(is.emergency)}`)
    else say(`emergency access: ${describeEmergency(is.emergency)} (before: ${describeEmergency(was.emergency)})`)
  }
  return lines
}

function describeRequests({ eligible, approvers, approvals, levels, maxDuration }: RequestSettings): string {
  const who = `${printConditions(eligible)}, approved by ${approvals} of ${printConditions(approvers)}`
  return `${who}, ${levels.join(' or ')} for at most ${printDuration(maxDuration)}`
}

function describeEmergency({ eligible, level, maxDuration, codes }: EmergencySettings): string {
  const who = isDeepStrictEqual(eligible, { users: [] }) ? [] : [`by ${printConditions(eligible)}`]
  const paper = codes ? ['by sealed codes'] : []
  return `${[...who, ...paper].join(' and ') || 'by no one'}, ${level} for at most ${printDuration(maxDuration)}`
}

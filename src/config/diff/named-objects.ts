// Compares roles, networks, schedules and postures of two configurations; reports a change for every app that uses it.

import { isDeepStrictEqual } from 'node:util'
import type { Configuration, RoleSettings } from '../configuration.ts'
import type { ConditionSet } from '../../policy/declaration.ts'
import type { Schedule } from '../../policy/schedule/window.ts'
import { describeSchedule } from '../../policy/schedule/describe-schedule.ts'
import { printList } from './print-conditions.ts'

export function compareNames(before: Configuration, after: Configuration): string[] {
  const named = (key: 'roles' | 'networks' | 'schedule' | 'device') => users(before, after, key)
  const posture = [before.devices.postures, after.devices.postures] as const
  return [
    ...compareNamed('role', before.roles, after.roles, printRole, named('roles')),
    ...compareNamed('network', before.networks, after.networks, printList, named('networks')),
    ...compareNamed('schedule', before.schedules, after.schedules, printSchedule, named('schedule')),
    ...compareNamed('posture', ...posture, JSON.stringify, named('device')),
  ]
}

const printRole = ({ groups, users: people }: RoleSettings): string =>
  `groups ${printList(groups)}, users ${printList(people)}`

const printSchedule = (schedule: Schedule): string =>
  `${describeSchedule(schedule)}, except ${printList(schedule.except)}`

/** `used`: the apps that use a name, in either configuration. */
function compareNamed<T>(
  kind: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  print: (value: T) => string,
  used: (name: string) => string[],
): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(name)
    const is = after.get(name)
    const apps = used(name)
    if (isDeepStrictEqual(was, is) || apps.length === 0) continue
    for (const app of apps) {
      const now = is === undefined ? 'is removed' : `is ${print(is)}`
      lines.push(`${app}: ${kind} ${name} ${now} (before: ${was === undefined ? 'none' : print(was)})`)
    }
  }
  return lines
}

/** Apps that use a name in a rule, in `require` or in a grant. */
function users(before: Configuration, after: Configuration, key: 'roles' | 'networks' | 'schedule' | 'device') {
  return (name: string): string[] => {
    const found = new Set<string>()
    for (const configuration of [before, after]) {
      for (const app of configuration.apps.values()) {
        const sets = [
          app.declaration.require,
          ...app.declaration.rules.map((rule) => rule.when),
          ...[
            app.requests?.eligible,
            app.requests?.approvers,
            app.emergency?.eligible,
            app.emergency?.reviewers,
          ].filter((set) => set !== undefined),
        ]
        if (sets.some((set) => mentions(set, key, name))) found.add(app.name)
      }
      if (key === 'schedule')
        for (const grant of configuration.grants) if (grant.schedule === name) found.add(grant.app)
    }
    return [...found]
  }
}

function mentions(set: ConditionSet, key: 'roles' | 'networks' | 'schedule' | 'device', name: string): boolean {
  const value = set[key]
  if (typeof value === 'string' ? value === name : value?.includes(name)) return true
  return (
    (set.any ?? []).some((one) => mentions(one, key, name)) || (set.not !== undefined && mentions(set.not, key, name))
  )
}

// Builds the console settings: local roles of the admin pages, and the review interval.

import type { ConsoleSettings } from '../configuration.ts'
import { lookup, childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { MainInput } from '../schema/schema.ts'

const day = 24 * 60 * 60_000

export function buildConsole(
  check: Diagnostics,
  place: Place,
  input: MainInput['console'],
  roles: Iterable<string>,
): ConsoleSettings {
  const every = input?.review_every ?? 180 * day
  if (every < day || every > 730 * day) check.problem(childPlace(place, 'review_every'), 'must be from 1d to 730d')
  const rolesOf = (key: 'viewer' | 'admin'): readonly string[] => {
    const at = childPlace(place, 'roles', key)
    const names = input?.roles?.[key] ?? []
    for (const [index, name] of names.entries()) {
      lookup(check, Array.isArray(place.file.tree.at(at.path)) ? childPlace(at, index) : at, 'role', name, roles)
    }
    return names
  }
  return { viewers: rolesOf('viewer'), admins: rolesOf('admin'), reviewEvery: every }
}

// Warns about groups in rules that no user can be in, because the only directories name groups by object ids or addresses.

import type { App, RoleSettings } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { childPlace } from './diagnostics.ts'
import { groupsNamedIn } from './header-groups.ts'

/** What a directory's names look like; undefined: any name. */
const forms: Readonly<
  Record<NonNullable<ProviderSettings['groupsFrom']>, { readonly form: RegExp; readonly called: string } | undefined>
> = {
  token: undefined,
  userinfo: undefined,
  graph: { form: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, called: 'object ids' },
  google_directory: { form: /^[^@\s]+@[^@\s]+$/, called: 'e-mail addresses' },
}

/** A `deny` of such a group, too, would deny no user whose groups come from there. */
export function warnAboutDirectoryNames(
  check: Diagnostics,
  providers: ReadonlyMap<string, ProviderSettings>,
  roles: ReadonlyMap<string, RoleSettings>,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): void {
  const known = [...providers.values()].map(({ groupsFrom = 'token' }) => forms[groupsFrom])
  const named = known.filter((one) => one !== undefined)
  if (named.length === 0 || named.length < known.length) return
  for (const { name, declaration } of apps.values()) {
    const place = places.get(name)
    if (place === undefined) continue
    const sets = [declaration.require, ...declaration.rules.map(({ when }) => when)]
    for (const group of new Set(sets.flatMap((set) => groupsNamedIn(set, roles)))) {
      if (named.some(({ form }) => form.test(group))) continue
      const called = [...new Set(named.map((one) => one.called))].join(' or ')
      check.warn(
        childPlace(place, 'policy'),
        `no user is in the group "${group}": groups_from names groups by ${called}`,
        'key',
      )
    }
  }
}

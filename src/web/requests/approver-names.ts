// Describes the approvers of an app in words, as shown on the access request form.

import { texts, type Language } from '../kit/language.ts'
import type { Configuration } from '../../config/configuration.ts'
import { conjunctions, disjunctions } from '../../policy/messages/locale.ts'
import type { ConditionSet } from '../../policy/declaration.ts'

type Named = Pick<Configuration, 'roles'>

/**
 * Users by e-mail address; a role that lists users only is expanded, any other appears by name. `requester`: e-mail
 * address left out of the list, because users never decide about their own requests.
 */
export function approverNames(
  set: ConditionSet | undefined,
  configuration: Named,
  requester: string | undefined,
  language: Language,
  together: 'any of them' | 'all of them',
): string {
  const say = words[language]
  const people = new Set(set?.users ?? [])
  const bodies: string[] = []
  for (const name of set?.roles ?? []) {
    const role = configuration.roles.get(name)
    for (const user of role?.users ?? []) people.add(user)
    if (role === undefined || role.groups.length > 0 || role.users.length === 0) bodies.push(say.role(readable(name)))
  }
  for (const name of set?.groups ?? []) bodies.push(say.group(readable(name)))
  for (const domain of set?.domains ?? []) bodies.push(say.domain(domain))
  // `provider|sub` is not readable for people.
  const named = [...people].filter((user) => !user.includes('|') && user !== requester)
  const all = [...named.slice(0, maxNames), ...bodies]
  if (named.length > maxNames) all.push(say.others(named.length - maxNames))
  return all.length === 0
    ? say.nobodyNamed
    : (together === 'any of them' ? disjunctions : conjunctions)[language].format(all)
}

const maxNames = 6

function readable(name: string): string {
  return name.replaceAll('_', ' ')
}

const words = texts({
  en: {
    role: (name: string) => `a member of “${name}”`,
    group: (name: string) => `a member of the group “${name}”`,
    domain: (name: string) => `a person of ${name}`,
    others: (count: number) => `${count} more`,
    nobodyNamed: 'the approvers named by your organisation',
  },
  de: {
    role: (name) => `ein Mitglied von „${name}“`,
    group: (name) => `ein Mitglied der Gruppe „${name}“`,
    domain: (name) => `eine Person von ${name}`,
    others: (count) => `${count} weitere`,
    nobodyNamed: 'die von Ihrer Organisation benannten Personen',
  },
})

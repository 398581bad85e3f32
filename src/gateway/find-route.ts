// Finds the app, and the one of its public addresses, that a path of a host belongs to.

import type { AppRoute } from './active-config.ts'

/** `routes`: of the host, longest path first. `path`: canonical. Undefined: no app has it. */
export function findRoute<Route extends Pick<AppRoute, 'address'>>(
  routes: readonly Route[],
  path: string,
): Route | undefined {
  return routes.length === 1 && routes[0]!.address.path === '' ? routes[0] : longestPrefix(routes, path)
}

/** A prefix ends where a segment ends: `/wiki` has not `/wikipedia`. */
function longestPrefix<Route extends Pick<AppRoute, 'address'>>(
  routes: readonly Route[],
  path: string,
): Route | undefined {
  return routes.find(({ address: { path: prefix } }) => {
    return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
  })
}

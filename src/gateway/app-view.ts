// The app of a request as pages show it: at the address that was requested.

import type { Target } from './route.ts'

export interface ShownApp {
  readonly name: string
  readonly title: string
  readonly owner: string | undefined
  readonly origin: string
  readonly path: string
}

export function appView({ app, address }: Pick<Extract<Target, { kind: 'app' }>, 'app' | 'address'>): ShownApp {
  const { name, title, owner } = app.config
  return { name, title, owner, origin: address.origin, path: address.path }
}

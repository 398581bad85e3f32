// Finds the app that `einlass explain` is about: by name, or by the URL of a page.

import { didYouMean } from '../config/load/problem.ts'
import type { App, Configuration } from '../config/configuration.ts'
import { canonicalTarget } from '../gateway/canonical/request-target.ts'
import { InvalidArgument, printableArgument } from './invalid-argument.ts'

/** Throws `InvalidArgument`. */
export function appNamed({ apps }: Configuration, name: string): App {
  const app = apps.get(name)
  if (app !== undefined) return app
  const names = [...apps.keys()]
  const known = didYouMean(name, names) || `; known apps: ${names.join(', ') || 'none'}`
  throw new InvalidArgument(`--app: unknown app "${name}"${known}`)
}

export interface ExplainedPage {
  readonly app: App
  readonly path: string
}

/** The app with the longest path on that host, as requests are routed. Throws `InvalidArgument`. */
export function pageAt(
  { apps }: Configuration,
  text: string,
  { app: named, path: asked }: { readonly app?: string | undefined; readonly path?: string | undefined },
): ExplainedPage {
  if (named !== undefined || asked !== undefined) throw new InvalidArgument('--url: replaces --app and --path')
  const parts = /^(https?:\/\/[^/?#\\@]+)(\/[^?#]*)?(?:\?[^#]*)?(?:#.*)?$/i.exec(text)
  const origin = URL.parse(parts?.[1] ?? '')?.origin
  if (origin === undefined) throw new InvalidArgument(`--url: ${printableArgument(text)} is no http or https URL`)
  const path = parts![2] ?? '/'
  // An invalid path is reported by what follows.
  const canonical = canonicalTarget(path)?.path ?? path
  const found = [...apps.values()]
    .flatMap((app) => app.addresses.map((address) => ({ app, address })))
    .filter(({ address }) => address.origin === origin && `${canonical}/`.startsWith(`${address.path}/`))
    .toSorted((a, b) => b.address.path.length - a.address.path.length)
  if (found[0] === undefined) throw new InvalidArgument(`--url: no app has the address ${printableArgument(text)}`)
  return { app: found[0].app, path }
}

// Compares the methods that an app accepts in two configurations.

import type { App } from '../configuration.ts'
import { httpMethods } from '../methods.ts'
import { printList } from './print-conditions.ts'

/** Without the name of the app. */
export function compareMethods(was: App, is: App): string[] {
  const [before, after] = [was.methods ?? httpMethods, is.methods ?? httpMethods]
  if (after === 'all') return before === 'all' ? [] : ['gains all methods']
  if (before === 'all') return [`loses all methods but ${printList([...after])}`]
  const gained = [...after].filter((name) => !before.has(name))
  const lost = [...before].filter((name) => !after.has(name))
  return [
    ...(gained.length === 0 ? [] : [`gains the methods ${printList(gained)}`]),
    ...(lost.length === 0 ? [] : [`loses the methods ${printList(lost)}`]),
  ]
}

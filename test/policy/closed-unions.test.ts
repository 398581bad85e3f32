// Values from outside a closed union: the switch throws, and the message shows the discriminant alone.

import { expect, test } from 'vitest'
import { never } from '../../src/policy/never.ts'

test.each<[unknown, string]>([
  ['secret', 'secret'],
  [undefined, 'undefined'],
  [null, 'null'],
  [7, '7'],
  [{ kind: 'person', password: 'secret' }, 'object of kind person'],
  [{ state: 'lost', token: 'secret' }, 'object of kind lost'],
  [{ kind: 'person', state: 'lost' }, 'object of kind person'],
  [{ password: 'secret' }, 'object of kind undefined'],
])('%j is refused as %s', (value, shown) => {
  expect(() => never(value as never)).toThrow(new TypeError(`unexpected value of a closed union: ${shown}`))
})

// Invalid fields of responses are named for the log, and their values are not.

import { expect, test } from 'vitest'
import { invalidField } from '../../../src/proxy/headers/invalid-field.ts'
import { createResponseHeaderRules } from '../../../src/proxy/headers/response-headers.ts'

const rules = createResponseHeaderRules({ hostname: 'erp.example.com', setsGatewayCookie: () => false })

test.each<[string[], string]>([
  [['A', '1', 'X-Name', 'secret\0'], 'an invalid value: X-Name'],
  [['A', '1', 'X Name', 'secret'], 'a field whose name is no token'],
  [['Location', '/a', 'location', '/b'], 'two different values: location'],
  [['Content-Range', 'bytes 0-1/2', 'Content-Range', 'bytes 1-2/3'], 'two different values: Content-Range'],
])('%j: %s', (received, said) => {
  expect(rules(received, 200, true)).toBeUndefined()
  expect(invalidField(received)).toBe(said)
})

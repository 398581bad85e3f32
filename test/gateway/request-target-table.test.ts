// docs/reference/request-targets.md holds for requests: each octet in each place, raw and encoded, through the gateway.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcome, places } from '../../scripts/reference/request-targets.ts'
import { composeGateway, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

/** In the order of `places`. */
const apps = ['free', 'elsewhere', 'near', 'verbatim', 'query']
const staff = '{ allow: { groups: [staff] } }'
const guarded = `policy: [{ name: no admins, deny: { paths: [/admin/*] } }, ${staff}]`
let gateway: ComposedGateway
const people: SignedIn[] = []

beforeAll(async () => {
  gateway = await composeGateway({
    free: `policy: [${staff}]`,
    elsewhere: guarded,
    near: guarded,
    verbatim: 'paths: verbatim, policy: [{ name: reports, allow: { groups: [staff], paths: [/reports/*] } }]',
    query: `policy: [${staff}]`,
  })
  for (const app of apps) people.push(await gateway.signIn(app, { groups: ['staff'] }))
})
afterAll(() => gateway?.stop())

async function seen(app: string, as: SignedIn, target: string): Promise<string> {
  const before = gateway.forwarded.length
  const { status } = await gateway.send({ host: `${app}.example.com`, target, as })
  if (status === 200) return gateway.forwarded.at(-1)!.target === target ? 'as sent' : 'normalised'
  expect(gateway.forwarded).toHaveLength(before)
  if (status !== 400) return String(status)
  const { detail } = gateway.logged.filter(({ msg }) => msg === 'request rejected').at(-1)!
  return `400 \`${String(detail)}\``
}

test.each(places.map((place, index) => [place.title, place, apps[index]!, index] as const))(
  '%s',
  async (_title, place, app, index) => {
    for (let byte = 0; byte < 256; byte++) {
      for (const text of [String.fromCharCode(byte), `%${byte.toString(16).toUpperCase().padStart(2, '0')}`]) {
        const target = place.targetOf(text)
        const expected = outcome(place, text)
        const found = await seen(app, people[index]!, target)
        // A path beside those that are allowed is denied, however it is spelled; the table says how it would be forwarded.
        if (found === '403') expect(['near', 'verbatim']).toContain(app)
        else expect([target, found]).toEqual([target, expected])
      }
    }
  },
)

// Server of the page with the scenes: who may press its buttons, its headers, and what the buttons change.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTraffic } from '../../../src/demo/front/traffic.ts'
import { createActions } from '../../../src/demo/scenes/actions.ts'
import { startScenes, type Scenes } from '../../../src/demo/scenes/scenes.ts'
import { createTourClient, type TourClient } from '../../../src/demo/tour/client.ts'

let scenes: Scenes
let client: TourClient
let ends: number[]
let groups: (readonly string[])[]
let encrypted: boolean
let now = 1_000_000

beforeEach(async () => {
  ;[ends, groups, encrypted, now] = [[], [], true, 1_000_000]
  scenes = await startScenes()
  client = createTourClient()
  const laptop = {
    port: 8083,
    traffic: createTraffic(() => now),
    encrypted: () => encrypted,
    setEncrypted: (on: boolean) => void (encrypted = on),
    addressFor: (person: string, address: string) => `${person} ${address}`,
    stop: async () => undefined,
  }
  const actions = createActions({
    company: { setGroups: (_username, list) => void groups.push(list) },
    laptop,
    endGrantAt: async (until) => {
      if (until < 0) throw new Error('refused')
      ends.push(until)
    },
    grantUntil: now + 600_000,
    now: () => now,
  })
  scenes.begin({
    laptop,
    actions,
    audit: { recent: () => [], listen: () => () => undefined, stop: () => undefined },
    context: { people: [], titles: {}, providers: {}, timeZone: 'UTC' },
    origin: 'http://demo.localhost:8080',
    page: { gateway: 'http://access.localhost:8080', places: {}, revalidate: 5000 },
    now: () => now,
  })
})
afterEach(async () => {
  client.close()
  await scenes.stop()
})

const press = (name: string, site = 'same-origin') =>
  client.go(`${scenes.upstream}/do/${name}`, {
    method: 'POST',
    headers: { 'sec-fetch-site': site },
    follow: false,
  })

test.each(['cross-site', 'same-site', 'none', ''])(
  'a button pressed by another page changes nothing: Sec-Fetch-Site %j',
  async (site) => {
    for (const name of ['take_group', 'end_grant', 'encryption_off']) expect((await press(name, site)).status).toBe(403)
    expect({ ends, groups, encrypted }).toEqual({ ends: [], groups: [], encrypted: true })
  },
)

test('each button changes what it says', async () => {
  expect((await press('take_group')).status).toBe(204)
  await press('give_group')
  await press('encryption_off')
  await press('end_grant')
  expect({ ends, groups, encrypted }).toEqual({
    ends: [now + 15_000],
    groups: [['staff'], ['staff', 'production']],
    encrypted: false,
  })
  expect((await press('format_disk')).status).toBe(404)
})

test('a technician with little time left gets more before he plays, with enough he does not', async () => {
  await press('ready_grant')
  expect(ends).toEqual([])
  now += 595_000
  await press('ready_grant')
  expect(ends).toEqual([now + 600_000])
})

test('the page has no inline script or style, and loads nothing from elsewhere', async () => {
  const seen = await client.go(`${scenes.upstream}/`)
  const policy = String(seen.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain('frame-src http://*.demo.localhost:8083')
  expect(seen.body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/)
  for (const [, path] of seen.body.matchAll(/(?:src|href)="(\/[0-9a-f]{12}\/[^"]+)"/g)) {
    expect((await client.go(`${scenes.upstream}${path}`)).status).toBe(200)
  }
})

test('the language is that of the browser, until another is chosen', async () => {
  const inGerman = await client.go(`${scenes.upstream}/`, { headers: { 'accept-language': 'de-DE,en;q=0.5' } })
  expect(inGerman.body).toContain('<html lang="de">')
  const chosen = await client.go(`${scenes.upstream}/?language=en`, { follow: false })
  // For the hosts of the people as well, which are below this one.
  expect(chosen.headers['set-cookie']).toEqual([expect.stringContaining('demo_language=en; Domain=demo.localhost;')])
  const cookie = { cookie: 'other=1; demo_language=en', 'accept-language': 'de' }
  expect((await client.go(`${scenes.upstream}/`, { headers: cookie })).body).toContain('<html lang="en">')
})

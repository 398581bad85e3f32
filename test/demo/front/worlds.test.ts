// Host names of the people in the demo: what each stands for, and how addresses are rewritten on the way.

import { expect, test } from 'vitest'
import { chooseProvider, giveReason } from '../../../src/demo/front/hands.ts'
import { createWorlds } from '../../../src/demo/front/worlds.ts'

const worlds = createWorlds({
  port: 8083,
  gatewayPort: 8080,
  providers: { login: 8081, partner: 8082 },
  people: ['miro'],
})

test('a person has the same addresses under names of their own', () => {
  const world = worlds.at('machines.miro.demo.localhost')!
  expect(world).toMatchObject({ person: 'miro', name: 'machines', host: 'machines.localhost:8080', port: 8080 })
  expect(worlds.at('partner.miro.demo.localhost')).toMatchObject({ host: 'partner.localhost:8082', port: 8082 })
  expect(world.outward('http://login.localhost:8081/auth?x=1')).toBe('http://login.miro.demo.localhost:8083/auth?x=1')
  expect(world.inward('http://machines.miro.demo.localhost:8083')).toBe('http://machines.localhost:8080')
  expect(worlds.of('miro', 'http://machines.localhost:8080/?record')).toBe(
    'http://machines.miro.demo.localhost:8083/?record',
  )
})

test('the laptop keeps the names, and has no people', () => {
  const world = worlds.at('servers.localhost')!
  expect(world.person).toBeUndefined()
  expect(world.outward('http://access.localhost:8080/')).toBe('http://access.localhost:8083/')
})

test.each(['machines.mallory.demo.localhost', 'a.b.c.localhost', 'machines.miro.demo.localhost.evil.example', ''])(
  '%j stands for nothing',
  (name) => expect(worlds.at(name)).toBeUndefined(),
)

test('addresses elsewhere, on other ports and in the query of another stay as they are', () => {
  const world = worlds.at('machines.miro.demo.localhost')!
  for (const address of ['http://elsewhere.example:8080/', 'http://wiki.localhost:9999/', 'http://wiki.localhost/']) {
    expect(world.outwardAll(`<a href="${address}">`)).toBe(`<a href="${address}">`)
    expect(world.inward(address)).toBe(address)
  }
  const inner = 'http://login.localhost:8081/auth?redirect_uri=http://access.localhost:8080/callback'
  expect(world.outwardAll(`<a href="${inner}">`)).toBe(
    '<a href="http://login.miro.demo.localhost:8083/auth?redirect_uri=http://access.localhost:8080/callback">',
  )
  expect(world.outwardAll('content="0;url=http://login.localhost:8081/"')).toBe(
    'content="0;url=http://login.miro.demo.localhost:8083/"',
  )
  expect(world.inward('http://machines.miro.demo.localhost:8083.evil.example')).not.toContain(
    'machines.localhost:8080/',
  )
})

test('the demo chooses the provider of a person, and words an empty reason, and nothing else', () => {
  const gateway = 'http://access.localhost:8080'
  const hands = { provider: 'partner' }
  expect(chooseProvider(`${gateway}/sign-in?journey=a.b`, gateway, hands)).toBe(
    `${gateway}/sign-in?journey=a.b&provider=partner`,
  )
  for (const other of [
    `${gateway}/sign-in?provider=company`,
    `${gateway}/`,
    'http://elsewhere.example/sign-in',
    '/x',
  ]) {
    expect(chooseProvider(other, gateway, hands)).toBe(other)
  }
  const form = (value: string) => `<html lang="en"><textarea id="reason" name="reason">\n${value}</textarea>`
  expect(giveReason(form(''))).toContain('running hours')
  expect(giveReason(form('').replace('"en"', '"de"'))).toContain('Betriebsstunden')
  expect(giveReason(form('Mine'))).toBe(form('Mine'))
})

// Tour: the page with the scenes, and the browser that the demo gives to each person.

import { cast } from '../scenes/cast.ts'
import { describeResponse } from './evidence.ts'
import { createTourClient } from './client.ts'
import { expect } from './expect.ts'
import type { Step, TourContext } from './step.ts'

export function sceneSteps({ stage, stranger }: TourContext): Step[] {
  const { addresses, laptop } = stage
  return [
    {
      title: 'the page with the five scenes opens without a sign-in; a page of another site cannot press its buttons',
      async play() {
        const seen = await stranger.client.go(`${addresses.stage}/`)
        const scenes = seen.body.match(/ data-scene="/g)?.length
        expect(seen.status === 200 && scenes === 5, 'five scenes', describeResponse(seen))
        const pressed = await stranger.client.go(`${addresses.stage}/do/take_group`, {
          method: 'POST',
          headers: { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' },
          follow: false,
        })
        expect(pressed.status === 403, '403', describeResponse(pressed))
        return undefined
      },
    },
    {
      title:
        'each person of the scenes has host names, cookies and a sign-in of their own, so that one browser is enough',
      async play() {
        const browser = createTourClient()
        try {
          const machines = laptop.addressFor('miro', `${addresses.apps.machines}/`)
          const form = await browser.go(machines)
          const partner = laptop.addressFor('miro', addresses.partner)
          expect(form.url.origin === partner, `the sign-in at ${partner}`, describeResponse(form))
          expect(form.body.includes('requestSubmit'), 'a form that submits itself', form.body)
          const seen = await browser.submit(form)
          expect(seen.status === 200 && seen.url.href === machines, `200 at ${machines}`, describeResponse(seen))
          const other = await browser.go(laptop.addressFor('erika', `${addresses.apps.machines}/`))
          expect(other.url.hostname.startsWith('login.erika.'), 'nobody signed in as Erika', describeResponse(other))
          return `${Object.keys(cast).length} people`
        } finally {
          browser.close()
        }
      },
    },
  ]
}

// Tour: writing in the wiki, which knows its authors from the gateway alone.

import { describeResponse, textOf } from './evidence.ts'
import { expect } from './expect.ts'
import type { Step, TourContext } from './step.ts'

export function wikiSteps({ stage, erika, stranger }: TourContext): Step[] {
  const { wiki } = stage.addresses.apps
  return [
    {
      title: 'Erika writes a page of the wiki; its history names her, and nobody can write past the gateway',
      async play() {
        const { seen: form } = await erika.open(`${wiki}/new?title=Canteen`)
        const saved = await erika.client.submit(form, { text: 'On Monday: soup. Back to [[1]].' }, 'text')
        expect(saved.status === 200 && saved.body.includes('href="/page/1"'), 'the new page', describeResponse(saved))
        const history = await erika.client.go(`${saved.url.href}/history`)
        expect(textOf(history.body).includes('Erika Musterfrau'), 'her name in the history', textOf(history.body))
        const past = await stranger.client.go(`${stage.apps.wiki.upstream}${saved.url.pathname}`, {
          method: 'POST',
          body: 'title=Canteen&text=forged',
          headers: { 'x-forwarded-email': 'erika@example.com' },
        })
        expect(past.status === 401, '401 without the gateway', describeResponse(past))
        return undefined
      },
    },
  ]
}

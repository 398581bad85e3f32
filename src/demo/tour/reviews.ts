// Tour: an access review, signed by an auditor with her second factor.

import { auditLine, describeResponse, textOf } from './evidence.ts'
import type { PageVisit } from './browser.ts'
import { formsOf } from './client.ts'
import { expect } from './expect.ts'
import type { Step, TourContext } from './step.ts'

export function reviewSteps({ stage, vera }: TourContext): Step[] {
  const { gateway } = stage.addresses
  return [
    {
      title: 'Vera of internal audit reviews who has access to the machines, and signs with her second factor',
      async play() {
        const asked: string[] = []
        const noted = (visit: PageVisit) => (asked.push(...visit.asked), visit.seen)
        let seen = noted(await vera.open(`${gateway}/admin/reviews/machines`))
        expect(textOf(seen.body).includes('miro@partner.example'), 'Miro among the lines', describeResponse(seen))
        // The second factor may be asked for before the first line or at the signature, which then keeps the answers.
        for (let attempt = 0; attempt < 3 && formsOf(seen).some(({ fields }) => 'digest' in fields); attempt++) {
          const lines = [...seen.body.matchAll(/name="(line-[^"]+)"/g)].map(([, name]) => [name!, 'keep'] as const)
          const sent = await vera.client.submit(seen, Object.fromEntries(lines), 'digest')
          seen = noted(await vera.continueSignIn(sent))
        }
        const signed = await auditLine(
          stage.auditFile,
          'signed review',
          (line) => line.unmapped?.activity === 'reviewed' && 'review' in line.unmapped,
        )
        expect(JSON.stringify(signed.actor).includes('vera@example.com'), 'signed by Vera', signed.actor)
        expect(asked.join() === 'password,totp', 'password and one-time code requested', asked)
        return `${asked.join(', ')}`
      },
    },
  ]
}

// Tour: emergency access, its alarm, and its review.

import type { GrantRequest } from '../../grants/requests/request.ts'
import { run } from './command.ts'
import { auditLine, linkOf, textOf, describeResponse } from './evidence.ts'
import type { TourContext, Step } from './step.ts'
import { expect } from './expect.ts'

export function emergencySteps({ stage, erika, ada, runCommand }: TourContext): Step[] {
  const { apps, gateway } = stage.addresses
  const reason = 'Press 4 does not stop'
  let taken = ''

  return [
    {
      title:
        'meanwhile, an emergency: with her passkey and a reason, Ada opens emergency access and gets in immediately',
      async play() {
        const { seen: refused } = await ada.open(`${apps.machines}/`)
        expect(refused.status === 403, '403 without emergency access', describeResponse(refused))
        const { seen: form } = await ada.open(linkOf(refused, 'Emergency access').href)
        const sent = await ada.client.submit(form, { reason }, 'emergency')
        taken = /^\/requests\/([\w-]{8,})$/.exec(sent.url.pathname)?.[1] ?? ''
        expect(sent.status === 200 && taken !== '', 'the page of her emergency access', describeResponse(sent))
        const { seen } = await ada.open(`${apps.machines}/`)
        expect(seen.status === 200, '200 at the machines', describeResponse(seen))
        return undefined
      },
    },
    {
      title: 'it raises a high-severity finding in the audit and appears in the list of Erika, who reviews it',
      async play() {
        const finding = await auditLine(
          stage.auditFile,
          'finding about the emergency',
          (line) => line.class_uid === 2004 && line.message === 'Emergency access to machines',
        )
        const { severity_id: severity, status_detail: detail = '' } = finding
        expect(severity === 4 && detail.includes(reason), 'severity high, with the reason', finding)
        expect(JSON.stringify(finding.actor).includes('ada@example.com'), 'Ada as the actor', finding.actor)
        const list = await erika.open(`${gateway}/approvals`)
        expect(
          list.seen.body.includes(`href="/approvals/${taken}"`),
          'the access in Erika’s list',
          describeResponse(list.seen),
        )
        const { seen } = await erika.open(`${gateway}/approvals/${taken}`)
        const done = await erika.client.submit(seen, { act: 'review', comment: 'Seen: the press stands' }, 'comment')
        expect(textOf(done.body).includes('Your review has been recorded'), 'reviewed', textOf(done.body))
        const shown = await run(runCommand, ['requests', 'show', taken, '--socket', stage.adminSocket, '--json'])
        const { reviewed } = JSON.parse(shown) as GrantRequest
        expect(reviewed?.by.email === 'erika@example.com', 'reviewed by Erika', reviewed)
        return `OCSF ${finding.class_uid}, severity ${severity} of 5`
      },
    },
  ]
}

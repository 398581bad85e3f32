// Tour, part 1: sign-in, denials with reasons, and the identity that apps receive.

import { setTimeout as sleep } from 'node:timers/promises'
import type { AppName } from '../apps/names.ts'
import type { Received } from '../apps/received.ts'
import type { TourContext, Step } from './step.ts'
import { run } from './command.ts'
import { auditLine, claimsOf, header, problemOf, textOf, describeResponse } from './evidence.ts'
import { expect } from './expect.ts'

export function accessSteps({ stage, stranger, erika, thomas, ada, runCommand }: TourContext): Step[] {
  const { apps, gateway } = stage.addresses
  const page7 = `${apps.wiki}/page/7`
  let denial: string | undefined

  return [
    {
      title: 'an anonymous request for page 7 of the wiki is redirected to sign-in; the wiki receives no request',
      async play() {
        const before = stage.apps.wiki.requests()
        const seen = await stranger.client.go(page7, { follow: false })
        const location = seen.headers.location ?? ''
        expect(
          seen.status === 302 && location.startsWith(`${gateway}/sign-in`),
          `302 to ${gateway}/sign-in`,
          describeResponse(seen),
        )
        expect(/no-store/.test(seen.headers['cache-control'] ?? ''), 'Cache-Control: no-store', seen.headers)
        expect(stage.apps.wiki.requests() === before, 'no request at the wiki', stage.apps.wiki.requests() - before)
        return undefined
      },
    },
    {
      title: 'a script receives a problem document with the sign-in address instead of a page',
      async play() {
        const seen = await stranger.call(page7)
        const { reasons, sign_in: signIn } = problemOf(seen)
        expect(seen.status === 401 && reasons[0] === 'no_session', '401 with no_session', describeResponse(seen))
        const wanted = new URL('/.einlass/signed-in', page7).href
        expect(signIn === wanted, `sign_in at ${wanted}`, signIn)
        return undefined
      },
    },
    {
      title: 'Erika signs in with her password and lands on page 7, as requested',
      async play() {
        const { seen, asked } = await erika.open(page7)
        expect(seen.status === 200 && seen.url.href === page7, `200 at ${page7}`, describeResponse(seen))
        expect(seen.body.includes('data-page="7"'), 'page 7 of the wiki', seen.body)
        expect(asked.join() === 'password', 'only a password requested', asked)
        return undefined
      },
    },
    {
      title: 'the wiki identifies her by a signed assertion that it verifies itself',
      async play() {
        const { assertion } = await erika.received('wiki')
        const claims = assertion.state === 'verified' ? assertion.claims : {}
        expect(assertion.state === 'verified', 'a verified assertion', assertion)
        expect(
          claims['email'] === 'erika@example.com' && claims.aud === apps.wiki,
          'her address, and the wiki as audience',
          claims,
        )
        expect(Number(claims.exp) - Number(claims.iat) <= 300, 'valid for at most five minutes', claims)
        return undefined
      },
    },
    {
      title: 'forged identity and posture headers, in five spellings, do not reach the wiki',
      async play() {
        const forged = {
          'X-Forwarded-User': 'root-forged',
          x_forwarded_email: 'root-forged@example.com',
          'X-Forwarded-Groups': 'it-admins-forged',
          'X-Einlass-Jwt-Assertion': 'forged.forged.forged',
          'X.Device.Compliant': 'true-forged',
          'X-Device-Id': 'laptop-forged',
        }
        const received = await erika.received('wiki', forged)
        const arrived = received.headers.filter(([, value]) => value.includes('forged'))
        expect(arrived.length === 0, 'none of the forged headers', arrived)
        expect(received.assertion.state === 'verified', 'a verified assertion', received.assertion)
        expect(header(received, 'x-forwarded-email') === 'erika@example.com', 'her own address', received.headers)
        return undefined
      },
    },
    {
      title: 'gateway cookies are not forwarded to the wiki; its own cookies are',
      async play() {
        const url = new URL(apps.wiki)
        erika.client.jar.store(url, ['theme=dark; Path=/'])
        const cookie = header(await erika.received('wiki'), 'cookie') ?? ''
        const gatewayCookies = erika.client.jar.names(url.hostname).filter((name) => name.startsWith('__Host-einlass'))
        expect(gatewayCookies.length > 0, 'a session cookie on the wiki’s host', erika.client.jar.names(url.hostname))
        expect(cookie === 'theme=dark', 'theme=dark and nothing else', cookie)
        return undefined
      },
    },
    {
      title: 'a second application opens without another sign-in',
      async play() {
        const { seen, asked } = await erika.open(`${apps.machines}/`)
        expect(seen.status === 200 && asked.length === 0, '200 without sign-in', [describeResponse(seen), asked])
        return undefined
      },
    },
    {
      title: 'the payroll denies her access, with the reason',
      async play() {
        const before = stage.apps.payroll.requests()
        const { seen } = await erika.open(`${apps.payroll}/`)
        expect(seen.status === 403, '403', describeResponse(seen))
        const { reasons } = problemOf(await erika.call(`${apps.payroll}/`))
        expect(reasons.includes('not_in_group'), 'not_in_group among the reasons', reasons)
        expect(stage.apps.payroll.requests() === before, 'no request at the payroll', stage.apps.payroll.requests())
        return reasons.join(', ')
      },
    },
    {
      title: 'the payroll, called directly without the gateway, rejects the request',
      async play() {
        const seen = await stranger.client.go(`${stage.apps.payroll.upstream}/`, {
          headers: { 'x-forwarded-email': 'thomas@example.com' },
        })
        expect(seen.status === 401, '401', describeResponse(seen))
        return undefined
      },
    },
    {
      title: 'Thomas has signed in with a password; the payroll requires a second factor, then lets him in',
      async play() {
        const first = await thomas.open(`${apps.wiki}/`)
        expect(first.asked.join() === 'password', 'a password requested for the wiki', first.asked)
        const { reasons } = problemOf(await thomas.call(`${apps.payroll}/`))
        expect(
          reasons[0] !== undefined && /^(no_session|mfa_required)$/.test(reasons[0]),
          'no_session or mfa_required',
          reasons,
        )
        const { seen, asked } = await thomas.open(`${apps.payroll}/`)
        expect(asked.join() === 'totp', 'only the one-time code requested', asked)
        expect(seen.status === 200 && seen.url.href === `${apps.payroll}/`, 'the payroll', describeResponse(seen))
        const claims = claimsOf(await thomas.received('payroll'))
        expect(String(claims['amr']) === 'pwd,otp', 'an assertion with amr pwd, otp', claims)
        return `amr ${String(claims['amr'])}`
      },
    },
    {
      title:
        'finance may read the payroll on any day, but change it only on one afternoon per month; the denial says when',
      async play() {
        const asThomas = ['--user', 'thomas@example.com', '--group', 'finance', '--acr', 'urn:einlass:demo:2']
        const facts = ['--config', stage.configurationFile, '--app', 'payroll', ...asThomas, '--method', 'POST']
        // The last working day of November 2026 is a Monday.
        await run(runCommand, ['explain', ...facts, '--at', '2026-11-30T16:59+01:00'])
        await run(runCommand, ['explain', ...facts, '--at', '2026-11-30T17:00+01:00'], 4)
        const seen = await thomas.client.go(`${apps.payroll}/`, { method: 'POST', body: 'bonus=1000' })
        // If the tour runs on that afternoon, the change is allowed.
        if (seen.status === 200) return 'open now'
        const { reasons } = problemOf(await thomas.client.go(`${apps.payroll}/`, { method: 'POST', kind: 'script' }))
        const opens = /<strong>\s*It opens ([\s\S]*?)<\/strong>/.exec(seen.body)?.[1]
        expect(
          seen.status === 403 && reasons.includes('outside_schedule'),
          '403, outside_schedule',
          describeResponse(seen),
        )
        expect(opens !== undefined, 'a page that says when it opens', textOf(seen.body))
        return `opens ${textOf(opens)}`
      },
    },
    {
      title: 'Ada has a passkey but uses an unknown device: the servers deny access, with the reason',
      async play() {
        const { seen, asked } = await ada.open(`${apps.servers}/`)
        expect(seen.status === 403, '403', [describeResponse(seen), asked])
        const refused = await ada.call(`${apps.servers}/`)
        const { reasons, id } = problemOf(refused)
        expect(
          refused.status === 403 && reasons.includes('device_unknown'),
          '403 with device_unknown',
          describeResponse(refused),
        )
        denial = id
        return reasons.join(', ')
      },
    },
    {
      title: 'the denial is one audit event, with her name, the application and the reason',
      async play() {
        const what = `event with correlation_uid ${denial}`
        const line = await auditLine(stage.auditFile, what, ({ metadata }) => metadata.correlation_uid === denial)
        const about = JSON.stringify(line)
        const { actor, dst_endpoint: app, status_detail: reason, unmapped } = line
        expect(
          String(reason) === 'device_unknown' && app?.svc_name === ('servers' satisfies AppName),
          'application and reason',
          about,
        )
        expect(JSON.stringify(actor).includes('ada@example.com'), 'Ada as the actor', actor)
        expect(unmapped?.decision_input !== undefined, 'the decision input', unmapped)
        return `OCSF ${line.class_uid}, ${String(line.status_detail)}`
      },
    },
    {
      title: 'on the company laptop, whose agent signs the device posture, her passkey opens them',
      async play() {
        const { seen, asked } = await ada.open(laptop(stage.ports.laptop))
        expect(asked.join() === 'passkey', 'the passkey requested', [describeResponse(seen), asked])
        expect(seen.status === 200 && seen.url.href === laptop(stage.ports.laptop), '200', describeResponse(seen))
        const { headers, assertion } = JSON.parse(
          (await ada.client.go(`${laptop(stage.ports.laptop)}received`)).body,
        ) as Received
        const leaked = headers.filter(([name]) => /^x-device/i.test(name))
        expect(assertion.state === 'verified' && 'device' in assertion.claims, 'the device in the assertion', assertion)
        expect(leaked.length === 0, 'no X-Device header at the app', leaked)
        return undefined
      },
    },
    {
      title: 'turning off disk encryption denies access; turning it on again allows it',
      async play() {
        stage.laptop.setEncrypted(false)
        const off = await ada.call(laptop(stage.ports.laptop))
        stage.laptop.setEncrypted(true)
        const { reasons } = problemOf(off)
        expect(
          off.status === 403 && reasons.includes('device_not_compliant'),
          '403, device_not_compliant',
          describeResponse(off),
        )
        // Signatures have a resolution of one second; of two reports within the same second the worse one counts.
        let on = await ada.call(laptop(stage.ports.laptop))
        for (let attempt = 0; attempt < 30 && on.status !== 200; attempt++) {
          await sleep(100)
          on = await ada.call(laptop(stage.ports.laptop))
        }
        expect(on.status === 200, '200 with encryption on again', describeResponse(on))
        return reasons.join(', ')
      },
    },
  ]
}

function laptop(port: number): string {
  return `http://servers.localhost:${port}/`
}

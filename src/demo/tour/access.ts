// The first part of the tour: who gets in, who does not and why, and what the app behind it sees.

import { setTimeout as sleep } from 'node:timers/promises'
import type { AppName } from '../apps/names.ts'
import type { Received } from '../apps/received.ts'
import type { Cast, Step } from './step.ts'
import { run } from './command.ts'
import { auditLine, claimsOf, header, problemOf, textOf, told } from './evidence.ts'
import { expect } from './expect.ts'

export function accessSteps({ stage, stranger, erika, thomas, ada, runCommand }: Cast): Step[] {
  const { apps, gateway } = stage.addresses
  const page7 = `${apps.wiki}/page/7`
  let denial: string | undefined

  return [
    {
      says: 'a stranger asks for page 7 of the wiki and is sent to sign in; the wiki hears nothing of it',
      async play() {
        const before = stage.apps.wiki.requests()
        const seen = await stranger.client.go(page7, { follow: false })
        const location = seen.headers.location ?? ''
        expect(
          seen.status === 302 && location.startsWith(`${gateway}/sign-in`),
          `302 to ${gateway}/sign-in`,
          told(seen),
        )
        expect(/no-store/.test(seen.headers['cache-control'] ?? ''), 'Cache-Control: no-store', seen.headers)
        expect(stage.apps.wiki.requests() === before, 'no request at the wiki', stage.apps.wiki.requests() - before)
        return undefined
      },
    },
    {
      says: 'a script gets a problem document that says where to sign in, not a page',
      async play() {
        const seen = await stranger.call(page7)
        const { reasons, sign_in: signIn } = problemOf(seen)
        expect(seen.status === 401 && reasons[0] === 'no_session', '401 with no_session', told(seen))
        expect(signIn?.startsWith(gateway) === true, `sign_in at ${gateway}`, signIn)
        return undefined
      },
    },
    {
      says: 'Erika signs in with her password and lands on page 7, where she wanted to go',
      async play() {
        const { seen, asked } = await erika.open(page7)
        expect(seen.status === 200 && seen.url.href === page7, `200 at ${page7}`, told(seen))
        expect(seen.body.includes('data-page="7"'), 'page 7 of the wiki', seen.body)
        expect(asked.join() === 'password', 'asked for a password only', asked)
        return undefined
      },
    },
    {
      says: 'the wiki knows her by an assertion it has verified itself',
      async play() {
        const { assertion } = await erika.received('wiki')
        const claims = assertion.state === 'verified' ? assertion.claims : {}
        expect(assertion.state === 'verified', 'a genuine assertion', assertion)
        expect(claims['email'] === 'erika@example.com' && claims.aud === apps.wiki, 'hers, for the wiki', claims)
        expect(Number(claims.exp) - Number(claims.iat) <= 300, 'good for five minutes at most', claims)
        return undefined
      },
    },
    {
      says: 'forged identity and posture headers, in five spellings, do not arrive',
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
        expect(arrived.length === 0, 'none of them', arrived)
        expect(received.assertion.state === 'verified', 'the genuine assertion', received.assertion)
        expect(header(received, 'x-forwarded-email') === 'erika@example.com', 'her own address', received.headers)
        return undefined
      },
    },
    {
      says: 'no cookie of the gateway reaches the wiki, the wiki’s own do',
      async play() {
        const url = new URL(apps.wiki)
        erika.client.jar.store(url, ['theme=dark; Path=/'])
        const cookie = header(await erika.received('wiki'), 'cookie') ?? ''
        const ours = erika.client.jar.names(url.hostname).filter((name) => name.startsWith('__Host-einlass'))
        expect(ours.length > 0, 'a session cookie on the wiki’s host', erika.client.jar.names(url.hostname))
        expect(cookie === 'theme=dark', 'theme=dark and nothing else', cookie)
        return undefined
      },
    },
    {
      says: 'a second application opens without another sign-in',
      async play() {
        const { seen, asked } = await erika.open(`${apps.machines}/`)
        expect(seen.status === 200 && asked.length === 0, '200, nothing asked', [told(seen), asked])
        return undefined
      },
    },
    {
      says: 'she is on no list of the payroll: denied, and told why',
      async play() {
        const before = stage.apps.payroll.requests()
        const { seen } = await erika.open(`${apps.payroll}/`)
        expect(seen.status === 403, '403', told(seen))
        const { reasons } = problemOf(await erika.call(`${apps.payroll}/`))
        expect(reasons.includes('not_in_group'), 'not_in_group among the reasons', reasons)
        expect(stage.apps.payroll.requests() === before, 'nothing at the payroll', stage.apps.payroll.requests())
        return reasons.join(', ')
      },
    },
    {
      says: 'the payroll itself, called past the gateway, believes nobody',
      async play() {
        const seen = await stranger.client.go(`${stage.apps.payroll.upstream}/`, {
          headers: { 'x-forwarded-email': 'thomas@example.com' },
        })
        expect(seen.status === 401, '401', told(seen))
        return undefined
      },
    },
    {
      says: 'Thomas signed in with a password; the payroll asks for one factor more, and then lets him in',
      async play() {
        const first = await thomas.open(`${apps.wiki}/`)
        expect(first.asked.join() === 'password', 'a password for the wiki', first.asked)
        const { reasons } = problemOf(await thomas.call(`${apps.payroll}/`))
        expect(reasons[0] !== undefined && /^(no_session|mfa_required)$/.test(reasons[0]), 'not yet', reasons)
        const { seen, asked } = await thomas.open(`${apps.payroll}/`)
        expect(asked.join() === 'totp', 'asked for the code, and for nothing else', asked)
        expect(seen.status === 200 && seen.url.href === `${apps.payroll}/`, 'the payroll', told(seen))
        const claims = claimsOf(await thomas.received('payroll'))
        expect(String(claims['amr']) === 'pwd,otp', 'an assertion that says pwd, otp', claims)
        return `amr ${String(claims['amr'])}`
      },
    },
    {
      says: 'finance reads the payroll on any day and changes it on one afternoon a month: he is told when that is',
      async play() {
        const asThomas = ['--user', 'thomas@example.com', '--group', 'finance', '--acr', 'urn:einlass:demo:2']
        const facts = ['--config', stage.configurationFile, '--app', 'payroll', ...asThomas, '--method', 'POST']
        // The last working day of November 2026 is a Monday.
        await run(runCommand, ['explain', ...facts, '--at', '2026-11-30T16:59+01:00'])
        await run(runCommand, ['explain', ...facts, '--at', '2026-11-30T17:00+01:00'], 4)
        const seen = await thomas.client.go(`${apps.payroll}/`, { method: 'POST', body: 'bonus=1000' })
        // Whoever takes the tour on that afternoon is let in.
        if (seen.status === 200) return 'which is now'
        const { reasons } = problemOf(await thomas.client.go(`${apps.payroll}/`, { method: 'POST', kind: 'script' }))
        const opens = /<strong>\s*It opens ([\s\S]*?)<\/strong>/.exec(seen.body)?.[1]
        expect(seen.status === 403 && reasons.includes('outside_schedule'), '403, outside_schedule', told(seen))
        expect(opens !== undefined, 'a page that says when it opens', textOf(seen.body))
        return `opens ${textOf(opens)}`
      },
    },
    {
      says: 'Ada has a passkey, but sits at an unknown computer: the servers stay shut, and say why',
      async play() {
        const { seen, asked } = await ada.open(`${apps.servers}/`)
        expect(seen.status === 403, '403', [told(seen), asked])
        const refused = await ada.call(`${apps.servers}/`)
        const { reasons, id } = problemOf(refused)
        expect(refused.status === 403 && reasons.includes('device_unknown'), '403 with device_unknown', told(refused))
        denial = id
        return reasons.join(', ')
      },
    },
    {
      says: 'that denial is one line of the audit, with her name, the application and the reason',
      async play() {
        const what = `event with correlation_uid ${denial}`
        const line = await auditLine(stage.auditFile, what, ({ metadata }) => metadata.correlation_uid === denial)
        const about = JSON.stringify(line)
        const { actor, dst_endpoint: app, status_detail: reason, unmapped } = line
        expect(
          String(reason) === 'device_unknown' && app?.svc_name === ('servers' satisfies AppName),
          'app, reason',
          about,
        )
        expect(JSON.stringify(actor).includes('ada@example.com'), 'her as the actor', actor)
        expect(unmapped?.decision_input !== undefined, 'what was decided on', unmapped)
        return `OCSF ${line.class_uid}, ${String(line.status_detail)}`
      },
    },
    {
      says: 'from the company laptop, whose agent signs what it says, her passkey opens them',
      async play() {
        const { seen, asked } = await ada.open(laptop(stage.ports.laptop))
        expect(asked.join() === 'passkey', 'asked for the passkey, once the device is right', [told(seen), asked])
        expect(seen.status === 200 && seen.url.href === laptop(stage.ports.laptop), '200', told(seen))
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
      says: 'its disk encryption is turned off: denied; turned on again: open',
      async play() {
        stage.laptop.setEncrypted(false)
        const off = await ada.call(laptop(stage.ports.laptop))
        stage.laptop.setEncrypted(true)
        const { reasons } = problemOf(off)
        expect(off.status === 403 && reasons.includes('device_not_compliant'), '403, device_not_compliant', told(off))
        // Signatures count in whole seconds: within one and the same, the worse of two reports is believed.
        let on = await ada.call(laptop(stage.ports.laptop))
        for (let attempt = 0; attempt < 30 && on.status !== 200; attempt++) {
          await sleep(100)
          on = await ada.call(laptop(stage.ports.laptop))
        }
        expect(on.status === 200, '200 with encryption on again', told(on))
        return reasons.join(', ')
      },
    },
  ]
}

function laptop(port: number): string {
  return `http://servers.localhost:${port}/`
}

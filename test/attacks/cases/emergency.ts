// Attack classes around emergency codes: strangers who send wrong ones, and stated names that want to be something else.

import { must, type AttackSuite } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { auditText } from '../log-reader.ts'

async function createCode(ground: Environment): Promise<string> {
  const wanted = { app: 'press', duration: 600_000, expiresAt: Date.now() + 86_400_000 }
  const { status, value } = await ground.node.admin('POST', '/emergency', wanted)
  must(status === 200, 'an emergency code', value)
  return (value as { code: string }).code
}

/** `from`: a source address of its own. Status of the answer. */
async function use(
  ground: Environment,
  fields: Readonly<Record<string, string>>,
  from: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const body = new URLSearchParams(fields).toString()
  const { answers } = await ground.send(
    `POST /emergency HTTP/1.1\r\nHost: ${ground.host('access')}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    { servername: `access.${domain}`, from, untilClosed: true },
  )
  return { status: answers[0]?.status ?? 0, body: answers[0]?.body ?? '' }
}

const stated = { name: 'Max Muster', reason: 'Line 4 stands' }

export const emergencyStorm: AttackSuite = {
  class: 'dos',
  checks: [
    {
      name: 'wrong emergency codes from many addresses do not shut out the right one',
      async run(ground) {
        const findings = async () => (await auditText(ground.node)).split('"class_uid":2004').length
        const [fresh, theirs, before] = [await createCode(ground), await createCode(ground), await findings()]
        const statuses = new Set<number>()
        for (let round = 0; round < 12; round++) {
          const answers = await Promise.all(
            Array.from({ length: 30 }, (_, index) =>
              use(ground, { ...stated, code: `${round}` }, `127.0.3.${1 + index}`),
            ),
          )
          for (const { status } of answers) statuses.add(status)
        }
        must(
          [...statuses].every((status) => status === 422 || status === 429),
          '422 or 429',
          [...statuses],
        )
        const at = performance.now()
        const honest = await use(ground, { ...stated, code: fresh }, '127.0.4.1')
        const took = performance.now() - at
        must(honest.status === 200, 'the right code opens', honest.status)
        const shared = await use(ground, { ...stated, code: theirs }, '127.0.3.1')
        must(shared.status === 200, 'also from an address that sent wrong ones', shared.status)
        // Two for the codes that were made, two for their use, and one for all the wrong ones.
        const more = (await findings()) - before
        must(more <= 5, 'at most one finding for 360 wrong codes', more)
        return `the right code after 360 wrong ones: ${took.toFixed(0)} ms`
      },
    },
  ],
}

export const statedNames: AttackSuite = {
  class: 'error-page-xss',
  checks: [
    {
      name: 'a stated name with markup, line ends and the looks of a colleague',
      async run(ground) {
        const name = '<img src=x onerror=alert(1)> ada@corp.test\r\n{"level":"fatal"}\u202e (verified)'
        const reason = '"><script>alert(1)</script>\r\nBcc: x@evil.test\x1b[31m'
        const wrong = await use(ground, { code: 'x', name, reason }, '127.0.5.1')
        must(wrong.status === 422 && !/<img|<script/.test(wrong.body), 'the form, escaped', wrong.body)
        const opened = await use(ground, { code: await createCode(ground), name, reason }, '127.0.5.1')
        must(opened.status === 200, 'the access opens', opened.status)
        // Ada reviews emergencies.
        const { body } = await ground.ada.ask(`${ground.origin('access')}/`, ground.port, { page: true })
        must(body.includes('class="emergency running"'), 'the banner', body)
        must(body.includes('&lt;img src=x'), 'the name, escaped', body)
        must(body.includes('stated name, not verified'), 'the name, marked', body)
        must(!/<img|<script|\u202e/.test(body), 'no markup', body)
        const { value } = await ground.node.admin('GET', '/sessions')
        const session = (
          value as { subject: { provider: string; email?: string; name: string }; emergency: unknown }[]
        ).find(({ subject }) => subject.provider === 'emergency')
        must(session !== undefined && session.emergency !== null, 'a session marked as emergency', value)
        must(!JSON.stringify(session.subject).includes('ada@'), 'a subject without the stated name', session.subject)
        must(!/\u202e|\r/.test(await auditText(ground.node)), 'one line without controls', 'controls in the audit')
      },
    },
  ],
}

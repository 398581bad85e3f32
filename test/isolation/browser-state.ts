// What applications leave in a browser and how it affects others: service workers, storage after sign-out, a cookie bomb.

import { openPage, pathOf, type Stage } from './browser.ts'

export interface StateTrial {
  readonly name: string
  /** Resolves with the outcome in words. */
  run(stage: Stage): Promise<string>
}

const register = (script: string, scope: string): string => `
  navigator.serviceWorker.register('${script}', { scope: '${scope}' })
    .then(() => Promise.race([navigator.serviceWorker.ready, new Promise((done) => setTimeout(done, 500))]))
    .then(() => 'registered', (error) => error.name)`

export const browserState: readonly StateTrial[] = [
  {
    name: 'a root-scoped service worker of a progressive web app',
    run: ({ ground, profile }) => inOdd(ground.origin('odd'), profile, register('/root-worker.js', '/')),
  },
  {
    name: 'a service worker widened to / by Service-Worker-Allowed',
    run: ({ ground, profile }) => inOdd(ground.origin('odd'), profile, register('/wide/worker.js', '/')),
  },
  {
    name: 'a service worker widened to /.einlass/ by Service-Worker-Allowed',
    run: ({ ground, profile }) => inOdd(ground.origin('odd'), profile, register('/deep/worker.js', '/.einlass/')),
  },
  {
    name: 'our own paths as the script of a service worker',
    run: ({ ground, profile }) => inOdd(ground.origin('odd'), profile, register('/.einlass/session', '/.einlass/')),
  },
  {
    name: 'a foreign form through a pass-through service worker of the target',
    async run({ ground, profile }) {
      const context = await profile(['odd'])
      const odd = ground.origin('odd')
      await context.route(`${ground.origin('erp')}/**`, (route) =>
        route.fulfill({ contentType: 'text/html', body: `<body><form method="POST" action="${odd}/passed"></form>` }),
      )
      const page = await openPage(context, `${odd}/attack`)
      await page.evaluate(register('/root-worker.js', '/'))
      await page.goto(`${ground.origin('erp')}/`)
      const [answer] = await Promise.all([
        page.waitForResponse((one) => one.url() === `${odd}/passed`),
        page.evaluate('document.forms[0].submit()'),
      ])
      await page.waitForURL(`${odd}/passed`)
      const arrived = ground.odd.upstream.requests.filter((one) => pathOf(one) === '/passed')
      await context.close()
      if (arrived.length === 0) return `refused, ${answer.status()}`
      return `came through as ${arrived[0]!.values('origin')[0]}, ${arrived[0]!.values('sec-fetch-site')[0]}`
    },
  },
  {
    name: 'storage and service worker after sign-out at the gateway',
    async run({ ground, profile }) {
      const context = await profile([])
      const page = await context.newPage()
      const odd = ground.origin('odd')
      // A session of its own, which this trial ends.
      const person = ground.person()
      await person.signIn(`${odd}/`, ground.port)
      for (const app of ['odd', 'access']) {
        const [name, value] = ground.cookie(app, person).split('=') as [string, string]
        await context.addCookies([
          { url: ground.origin(app), name, value, secure: true, httpOnly: true, sameSite: 'Lax' },
        ])
      }
      person.close()
      await page.goto(`${odd}/attack`)
      await page.evaluate(`localStorage.setItem('draft', 'secret')`)
      await page.evaluate(register('/root-worker.js', '/'))
      await page.goto(`${odd}/.einlass/sign-out`)
      const faked = (await page.locator('body').innerText()) === 'faked'
      await page.goto(`${ground.origin('access')}/sign-out`)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.goto(`${ground.origin('access')}/signed-out`)
      await page.waitForLoadState('networkidle')
      const cookies = (await context.cookies(odd)).map(({ name }) => name)
      await context.addCookies(await foreignSession(ground, odd))
      await page.goto(`${odd}/attack`)
      const left = await page.evaluate<string>(
        `navigator.serviceWorker.getRegistrations().then((all) => all.length + ' workers, draft ' + localStorage.getItem('draft'))`,
      )
      await context.close()
      return `the worker ${faked ? 'faked' : 'did not fake'} our path before; afterwards ${left}, cookies ${cookies.join(' ') || 'none'}`
    },
  },
  {
    name: 'a cookie bomb on the parent domain',
    async run({ ground, profile }) {
      const context = await profile(['odd', 'wiki', 'access'])
      const page = await openPage(context, `${ground.origin('odd')}/attack`)
      await page.evaluate(
        `for (let i = 0; i < 12; i++) document.cookie = 'bomb' + i + '=' + 'x'.repeat(3900) + '; domain=company.localhost; path=/; secure'`,
      )
      const seen: string[] = []
      for (const url of [`${ground.origin('wiki')}/app/page`, `${ground.origin('access')}/`]) {
        const answer = await page.goto(url).catch((error: Error) => error.message.split('\n')[0]!)
        seen.push(typeof answer === 'string' ? answer : String(answer?.status()))
      }
      await context.close()
      return `application ${seen[0]}, portal ${seen[1]}`
    },
  },
]

async function inOdd(odd: string, profile: Stage['profile'], script: string): Promise<string> {
  const context = await profile(['odd'])
  const page = await openPage(context, `${odd}/attack`)
  const outcome = await page.evaluate<string>(script)
  await context.close()
  return outcome
}

/** The cookie of Ada's other session, to look at the host again. */
async function foreignSession(ground: Stage['ground'], url: string) {
  const [name, value] = ground.cookie('odd').split('=') as [string, string]
  return [{ url, name, value, secure: true, httpOnly: true, sameSite: 'Lax' as const }]
}

// Tomcat with its examples and its manager: sessions in cookies and addresses, forms, asynchronous answers, WebSockets, Basic.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { ask } from '../fetch.ts'
import { answers, debianVersion, serve } from '../programs.ts'

const home = '/usr/share/tomcat10'
const contexts = {
  examples: '/usr/share/tomcat10-examples/examples',
  manager: '/usr/share/tomcat10-admin/manager',
}

export const tomcat: Application = {
  name: 'tomcat',
  title: 'Tomcat (examples, manager)',
  recipe: 'java.md',
  needs: ['java', `${home}/bin/catalina.sh`, ...Object.values(contexts), 'curl', 'chromium'],
  async start(_host, folder) {
    const [port] = (await freePorts(1)) as [number]
    await cp(join(home, 'etc'), join(folder, 'conf'), { recursive: true })
    for (const name of ['logs', 'temp', 'webapps', 'work', 'conf/Catalina/localhost'])
      await mkdir(join(folder, name), { recursive: true })
    for (const [name, base] of Object.entries(contexts)) {
      const own = name === 'manager' ? ' privileged="true"' : ''
      const text = `<Context docBase="${base}"${own}><Resources allowLinking="true"/></Context>\n`
      await writeFile(join(folder, `conf/Catalina/localhost/${name}.xml`), text)
    }
    const file = join(folder, 'conf/server.xml')
    const valve = '<Valve className="org.apache.catalina.valves.RemoteIpValve" protocolHeader="X-Forwarded-Proto"/>'
    const text = (await readFile(file, 'utf8'))
      .replaceAll('<Connector port="8080"', `<Connector address="127.0.0.1" port="${port}"`)
      .replace('</Host>', `${valve}</Host>`)
    await writeFile(file, text)
    await writeFile(
      join(folder, 'conf/tomcat-users.xml'),
      '<tomcat-users><user username="admin" password="any" roles="manager-gui,manager-script"/></tomcat-users>\n',
    )
    const origin = `http://127.0.0.1:${port}`
    const env = { CATALINA_HOME: home, CATALINA_BASE: folder, JAVA_OPTS: '-Xmx128m' }
    const ready = answers(`${origin}/examples/index.html`)
    const server = await serve('sh', [`${home}/bin/catalina.sh`, 'run'], env, ready, { timeout: 60_000 })
    return {
      origin,
      version: await debianVersion('tomcat10'),
      shows: [examples, sockets, addressSession, manager],
      stop: () => server.stop(),
    }
  },
}

const examples: Show = {
  client: 'Chromium (examples)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.locator('input[name=dataname]').first().fill('Größe & mehr')
        await page.locator('input[name=datavalue]').first().fill('50% #1')
        await page.locator('input[type=submit]').first().click()
        await page.waitForLoadState()
        const text = await page.innerText('body')
        must(text.includes('Größe & mehr = 50% #1'), 'the value in the session', text)
        await page.goto(`${ground.origin}/examples/async/async1`)
        const late = await page.innerText('body')
        must(/async/i.test(late), 'the asynchronous answer', late)
        return 'form posted, value kept in the HTTP session, asynchronous servlet'
      },
      { path: '/examples/servlets/servlet/SessionExample' },
    ),
}

const sockets: Show = {
  client: 'Chromium (WebSocket)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.getByRole('radio').nth(1).check()
        await page.locator('#connect').click()
        await page.locator('#echo').click()
        await page.getByText('Received').first().waitFor()
        return 'connected, message echoed'
      },
      { path: '/examples/websocket/echo.xhtml' },
    ),
}

/** Where the application rewrites addresses, each has `;jsessionid=` in its path. */
const addressSession: Show = {
  client: 'curl (;jsessionid= in the path)',
  async run(ground) {
    const [visitor] = ground.people
    const path = '/examples/servlets/servlet/SessionExample'
    const first = await ask(ground, visitor, `${path}?dataname=a&datavalue=b`)
    const id = /;jsessionid=(\w+)/.exec(first.body)?.[1]
    must(id !== undefined, 'an address with the session', first.body)
    const second = await ask(ground, visitor, `${path};jsessionid=${id}`)
    must(second.status === 200 && second.body.includes('a = b'), 'the value of that session', second.body)
    return 'session found by the address'
  },
}

const manager: Show = {
  client: 'Chromium, curl (manager)',
  remark: '`Authorization: Basic` of the application passes through',
  async run(ground) {
    const [visitor] = ground.people
    const refused = await ask(ground, visitor, '/manager/html')
    must(refused.status === 401, '401 of the manager', refused.status)
    must(
      /Basic realm="Tomcat/.test(refused.headers['www-authenticate'] ?? ''),
      'Basic',
      JSON.stringify(refused.headers),
    )
    const listed = await ask(ground, visitor, '/manager/text/list', { words: ['-u', 'admin:any'] })
    must(listed.body.includes('/examples:running'), 'the list of applications', listed.body)
    return inChromium(
      ground,
      async (page) => {
        const row = page.locator('form[action*="/manager/html/expire"]').first()
        await row.locator('input[type=submit]').click()
        await page.getByText('Tomcat Web Application Manager').first().waitFor()
        const text = await page.innerText('body')
        must(/OK|sessions/i.test(text), 'the answer of the manager', text)
        return 'list read, sessions expired by a form'
      },
      { path: '/manager/html', credentials: { username: 'admin', password: 'any' } },
    )
  },
}

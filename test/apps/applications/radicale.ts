// Radicale: calendars by a CalDAV library and in the browser, the person stated by the gateway in a header.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { ask } from '../fetch.ts'
import { answers, debianVersion, serve } from '../programs.ts'
import { runPython } from '../python.ts'

export const radicale: Application = {
  name: 'radicale',
  title: 'Radicale',
  recipe: 'calendars.md',
  needs: ['radicale', 'curl', 'chromium'],
  packages: { from: 'PyPI', names: ['caldav==3.6.0'] },
  async start(_host, folder, installed) {
    const [port] = (await freePorts(1)) as [number]
    const file = join(folder, 'radicale.conf')
    await mkdir(join(folder, 'collections'))
    await writeFile(
      file,
      `[server]
hosts = 127.0.0.1:${port}
[auth]
type = http_x_remote_user
[rights]
type = owner_only
[storage]
filesystem_folder = ${join(folder, 'collections')}
`,
    )
    const origin = `http://127.0.0.1:${port}`
    const server = await serve('radicale', ['--config', file], {}, answers(`${origin}/.web/`))
    return {
      origin,
      version: await debianVersion('radicale'),
      settings: { methods: 'webdav', headers: { identity: { 'X-Remote-User': 'preferred_username' } } },
      shows: [library(installed), reported, shown],
      stop: () => server.stop(),
    }
  },
}

const event = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:a@example.com
DTSTAMP:20260101T090000Z
DTSTART:20260102T090000Z
DTEND:20260102T100000Z
SUMMARY:Prüfung #1
END:VEVENT
END:VCALENDAR
`

const script = `
import json, socket, sys, caldav, datetime
told = json.load(sys.stdin)
client = caldav.DAVClient(told['origin'] + '/', headers={'Cookie': told['cookie']}, ssl_verify_cert=told['ca'])
mine = client.principal()
calendar = mine.make_calendar(name='Prüfungen 100%')
calendar.save_event(told['event'])
found = calendar.search(start=datetime.datetime(2026, 1, 1), end=datetime.datetime(2026, 2, 1), event=True, expand=False)
assert len(found) == 1 and 'Prüfung #1' in found[0].data, found
found[0].data = found[0].data.replace('Prüfung #1', 'Prüfung #2')
found[0].save()
again = calendar.events()[0]
assert 'Prüfung #2' in again.data, again.data
names = [one.name for one in mine.calendars()]
again.delete()
assert calendar.events() == []
calendar.delete()
print(str(mine.url.path), names)
`

function library(installed: string): Show {
  return {
    client: 'caldav (Python library)',
    remark: 'The session’s cookie; calendar programs without one wait for access tokens',
    async run(ground) {
      const [first] = ground.people
      const told = { origin: ground.origin, cookie: first.cookie, ca: ground.ca.file, event }
      const printed = await runPython(installed, script, told)
      must(printed.includes(`/${first.name}/`), `the principal ${first.name}`, printed)
      return 'principal found, MKCALENDAR, PUT, REPORT (search), changed, DELETE'
    },
  }
}

const reported: Show = {
  client: 'curl (REPORT, MKCALENDAR, MOVE)',
  async run(ground) {
    const [first, second] = ground.people
    const at = `/${first.name}/trips`
    const send = (method: string, path: string, words: readonly string[] = [], input = '', by = first) =>
      ask(ground, by, path, { words: ['-X', method, ...words, ...(input && ['--data-binary', '@-'])], input })
    const made = await send('MKCALENDAR', `${at}/`)
    must(made.status === 201, '201 for MKCALENDAR', `${made.status} ${made.body}`)
    const ics = ['-H', 'Content-Type: text/calendar; charset=utf-8']
    const put = await send('PUT', `${at}/a.ics`, ics, event)
    must(put.status === 201, '201 for PUT', `${put.status} ${put.body}`)
    const moved = await send('MOVE', `${at}/a.ics`, ['-H', `Destination: ${ground.origin}${at}/b.ics`])
    must(moved.status === 201, '201 for MOVE', `${moved.status} ${moved.body}`)
    const query =
      '<c:calendar-query xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:"><d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    const report = await send('REPORT', `${at}/`, ['-H', 'Content-Type: application/xml', '-H', 'Depth: 1'], query)
    must(report.status === 207 && report.body.includes('b.ics'), '207 with b.ics', `${report.status} ${report.body}`)
    const foreign = await send('PROPFIND', `${at}/`, [], '', second)
    must(foreign.status === 403, '403 for the other person', foreign.status)
    await send('DELETE', `${at}/`)
    return 'calendar made, entry written, moved, reported; 403 for the other person'
  },
}

const shown: Show = {
  client: 'Chromium (its web pages)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        // It asks for a name although the gateway states it; the password is not looked at.
        await page.locator('#loginscene input[data-name=user]').fill(ground.people[0].name)
        await page.locator('#loginscene input[data-name=password]').fill('any')
        await page.locator('#loginscene button[type=submit]').click()
        await page.locator('[data-name=new]').first().click()
        await page.locator('#createcollectionscene input[data-name=displayname]').fill('Holidays 100%')
        await page.locator('#createcollectionscene button[data-name=submit]').click()
        await page.getByText('Holidays 100%').first().waitFor()
        return 'calendar created on the page'
      },
      { path: '/.web/' },
    ),
}

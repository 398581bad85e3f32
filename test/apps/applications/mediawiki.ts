// MediaWiki under Apache, PHP and SQLite: titles with `?`, `%`, `&` and `/` in the path, pages written, the API.

import { chmod, mkdir, writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apacheNeeds, phpModule, startApache } from '../apache.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { ask } from '../fetch.ts'
import { debianVersion, succeed } from '../programs.ts'

const program = '/usr/share/mediawiki'

export const mediaWiki: Application = {
  name: 'mediawiki',
  title: 'MediaWiki',
  recipe: 'php.md',
  needs: [...apacheNeeds, phpModule(), 'php', `${program}/maintenance/install.php`, 'curl', 'chromium'],
  async start(_host, folder) {
    const [data, images] = [join(folder, 'data'), join(folder, 'images')]
    for (const one of [data, images]) await mkdir(one)
    const install = [
      '--dbtype=sqlite',
      `--dbpath=${data}`,
      `--confpath=${folder}`,
      '--scriptpath=',
      '--pass=any-password-1',
    ]
    // The installer refuses to run beside the LocalSettings.php of the system.
    const env = { MW_CONFIG_FILE: join(folder, 'LocalSettings.php') }
    await succeed('php', [`${program}/maintenance/install.php`, ...install, 'Handbook', 'Erika'], { env, cwd: folder })
    const file = join(folder, 'LocalSettings.php')
    await writeFile(
      file,
      `${await readFile(file, 'utf8')}
// Else the port of the public address is left out.
$wgAssumeProxiesUseDefaultProtocolPorts = false;
$wgServer = WebRequest::detectServer();
$wgArticlePath = '/index.php/$1';
$wgUsePathInfo = true;
$wgUploadDirectory = '${images}';
$wgCacheDirectory = false;
`,
    )
    await chmod(file, 0o644)
    const apache = await startApache(folder, {
      php: true,
      owned: [data, images],
      directives: `DocumentRoot ${program}
SetEnv MW_CONFIG_FILE ${file}
SetEnvIf X-Forwarded-Proto ^https$ HTTPS=on
AllowEncodedSlashes NoDecode`,
    })
    return {
      origin: apache.origin,
      version: await debianVersion('mediawiki'),
      shows: [written, titles],
      stop: () => apache.stop(),
    }
  },
}

const written: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.locator('#wpName1').fill('Erika')
        await page.locator('#wpPassword1').fill('any-password-1')
        await page.locator('#wpLoginAttempt').click()
        await page.locator('#pt-logout, #pt-userpage').first().waitFor({ state: 'attached' })
        const title = 'Was? 50% & mehr/Größe'
        await page.goto(`${ground.origin}/index.php/${encodeURIComponent(title).replaceAll('%2F', '/')}?action=edit`)
        await page.locator('#wpTextbox1').fill('Alles gut, zu 50%.')
        await page.locator('#wpSave').click()
        await page.getByText('Alles gut, zu 50%.').first().waitFor()
        await page.reload()
        const shown = await page.innerText('#firstHeading')
        must(shown === title, title, shown)
        return `signed in by the form, page “${title}” written and read`
      },
      { path: '/index.php?title=Special:UserLogin' },
    ),
}

const titles: Show = {
  client: 'curl (API)',
  async run(ground) {
    const [visitor] = ground.people
    const path = '/rest.php/v1/page/Was%3F_50%25_%26_mehr%2FGr%C3%B6%C3%9Fe'
    const found = await ask(ground, visitor, path)
    must(found.status === 200, '200', `${found.status} ${found.body}`)
    return `a title with “%2F” in the path of the REST API`
  },
}

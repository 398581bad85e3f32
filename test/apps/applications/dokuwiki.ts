// DokuWiki under Apache and PHP: sign-in, a page written, a file uploaded and read.

import { chmod, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apacheNeeds, phpModule, startApache } from '../apache.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { debianVersion, succeed } from '../programs.ts'

const program = '/usr/share/dokuwiki'

export const dokuWiki: Application = {
  name: 'dokuwiki',
  title: 'DokuWiki',
  recipe: 'php.md',
  needs: [...apacheNeeds, phpModule(), 'php', `${program}/doku.php`, 'chromium'],
  async start(_host, folder) {
    const [www, conf, data] = ['www', 'conf', 'data'].map((name) => join(folder, name)) as [string, string, string]
    await succeed('cp', ['-rL', program, www])
    await mkdir(conf)
    for (const name of await readdir('/etc/dokuwiki'))
      if (!/^(acl|users)\.auth\.php$|^local\.php$|apache|lighttpd|htaccess/.test(name))
        await cp(join('/etc/dokuwiki', name), join(conf, name), { dereference: true })
    await cp('/var/lib/dokuwiki/data', data, { recursive: true })
    const { stdout: hash } = await succeed('php', ['-r', "echo password_hash('any', PASSWORD_BCRYPT);"])
    await writeFile(join(conf, 'users.auth.php'), `erika:${hash}:Erika Musterfrau:erika@example.com:admin,user\n`)
    await writeFile(join(conf, 'acl.auth.php'), '*\t@ALL\t1\n*\t@user\t8\n')
    await writeFile(
      join(conf, 'local.php'),
      `<?php
$conf['title'] = 'Handbook';
$conf['savedir'] = '${data}';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['authtype'] = 'authplain';
`,
    )
    await writeFile(join(www, 'inc/preload.php'), `<?php define('DOKU_CONF', '${conf}/');\n`)
    await chmod(data, 0o755)
    const apache = await startApache(folder, {
      php: true,
      owned: [data, conf],
      directives: `DocumentRoot ${www}\nSetEnvIf X-Forwarded-Proto ^https$ HTTPS=on\nDirectoryIndex doku.php`,
    })
    return {
      origin: apache.origin,
      version: await debianVersion('dokuwiki'),
      shows: [written],
      stop: () => apache.stop(),
    }
  },
}

/** One pixel: the wiki looks into what is uploaded. */
const picture = {
  name: 'Plan 1.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
}

const written: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.locator('input[name=u]').fill('erika')
        await page.locator('input[name=p]').fill('any')
        await page.locator('form button[type=submit]', { hasText: 'Log In' }).click()
        await page.getByText('Logged in as').waitFor()
        await page.goto(`${ground.origin}/doku.php?id=handbuch:prüfung&do=edit`)
        await page.locator('#wiki__text').fill('====== Prüfung ======\n\nAlles **gut**, zu 50%.\n')
        await page.locator('#edbtn__save').click()
        await page.getByRole('heading', { name: 'Prüfung' }).waitFor()
        await page.goto(`${ground.origin}/lib/exe/mediamanager.php?ns=handbuch&tab_files=upload`)
        await page.locator('input[type=file]').first().setInputFiles(picture)
        await page.locator('#mediamanager__upload_button').click()
        await page.getByText('plan_1.png').first().waitFor()
        const bytes = await page.evaluate(
          `fetch('/lib/exe/fetch.php?media=handbuch:plan_1.png').then((a) => a.arrayBuffer()).then((b) => b.byteLength)`,
        )
        must(bytes === picture.buffer.length, `${picture.buffer.length} bytes`, bytes)
        return 'signed in by the form, page with umlauts written, file uploaded and read back'
      },
      { path: '/doku.php?do=login' },
    ),
}

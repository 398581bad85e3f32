// shellinabox: a terminal in the browser over long-polled requests.

import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { answers, debianVersion, serve } from '../programs.ts'

export const shellinabox: Application = {
  name: 'shellinabox',
  recipe: 'consoles.md',
  needs: ['shellinaboxd', 'chromium'],
  async start(_host, folder) {
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    const words = ['--disable-ssl', '--localhost-only', '--no-beep', '-p', String(port)]
    const shell = ['-s', '/:nobody:nogroup:/:/bin/sh']
    const server = await serve('shellinaboxd', [...words, ...shell], {}, answers(origin), { cwd: folder })
    return { origin, version: await debianVersion('shellinabox'), shows: [typed], stop: () => server.stop() }
  },
}

const typed: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(ground, async (page) => {
      const terminal = page.locator('#vt100')
      await terminal.waitFor()
      await page.waitForFunction(`document.querySelector('#vt100').innerText.includes('$')`)
      await terminal.click()
      await page.keyboard.type('echo $((6 * 7)) und ; id -un\n', { delay: 20 })
      await page.waitForFunction(`/42 und\\s+nobody/.test(document.querySelector('#vt100').innerText)`)
      const text = await terminal.innerText()
      must(text.includes('nobody'), 'the name of the account', text)
      return 'shell started, commands typed, output read'
    }),
}

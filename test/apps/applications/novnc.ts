// noVNC with websockify: the screen of a VNC server in the browser over a WebSocket.

import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { answers, debianVersion, listening, serve } from '../programs.ts'

const pages = '/usr/share/novnc'

export const noVnc: Application = {
  name: 'novnc',
  title: 'noVNC',
  recipe: 'consoles.md',
  needs: ['Xtigervnc', 'websockify', `${pages}/vnc.html`, 'chromium'],
  async start(_host, folder) {
    const [port, screenPort] = (await freePorts(2)) as [number, number]
    const display = `:${10_000 + (screenPort % 10_000)}`
    const shown = ['-rfbport', String(screenPort), '-localhost', '-geometry', '800x600', '-depth', '24']
    const home = { HOME: folder, XAUTHORITY: join(folder, 'Xauthority') }
    const screen = await serve('Xtigervnc', [display, ...shown, '-SecurityTypes', 'None'], home, () =>
      listening(screenPort),
    )
    const origin = `http://127.0.0.1:${port}`
    const words = ['--web', pages, `127.0.0.1:${port}`, `127.0.0.1:${screenPort}`]
    try {
      const proxy = await serve('websockify', words, home, answers(`${origin}/vnc.html`))
      return {
        origin,
        version: await debianVersion('novnc'),
        shows: [watched],
        async stop() {
          await proxy.stop()
          await screen.stop()
        },
      }
    } catch (error) {
      await screen.stop()
      throw error
    }
  },
}

const watched: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.waitForFunction(`document.documentElement.classList.contains('noVNC_connected')`)
        const size = await page.evaluate(
          `(({ width, height }) => width + 'x' + height)(document.querySelector('canvas'))`,
        )
        must(size === '800x600', 'a screen of 800x600', size)
        await page.mouse.move(200, 200)
        await page.keyboard.type('abc')
        await page.waitForTimeout(500)
        const connected = await page.evaluate(`document.documentElement.classList.contains('noVNC_connected')`)
        must(connected === true, 'the connection to last', connected)
        return 'WebSocket opened, screen of 800x600 shown, mouse and keys sent'
      },
      { path: '/vnc.html?autoconnect=true&resize=off' },
    ),
}

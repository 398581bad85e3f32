// Node-RED: its editor with the WebSocket of its messages, a flow deployed, and the address that the flow serves.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { answers, serve } from '../programs.ts'

export const nodeRed: Application = {
  name: 'nodered',
  title: 'Node-RED',
  recipe: 'real-time.md',
  needs: ['chromium'],
  packages: { from: 'npm', names: ['node-red@5.0.7'] },
  async start(_host, folder, installed) {
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    const settings = {
      uiHost: '127.0.0.1',
      uiPort: port,
      flowFile: 'flows.json',
      credentialSecret: 'of a test',
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false, projects: { enabled: false } },
    }
    const file = join(folder, 'settings.cjs')
    await writeFile(file, `module.exports = ${JSON.stringify(settings)}\n`)
    const words = [join(installed, 'node_modules/node-red/red.js'), '--userDir', folder, '--settings', file]
    const ready = answers(`${origin}/settings`)
    const server = await serve(process.execPath, words, { HOME: folder }, ready, { timeout: 90_000, cwd: folder })
    return { origin, shows: [deployed], stop: () => server.stop() }
  },
}

const flow = [
  { id: 'b1', type: 'http in', url: '/sums', method: 'post', x: 100, y: 100, wires: [['c1', 'e1']] },
  {
    id: 'c1',
    type: 'function',
    func: 'msg.payload = { sum: msg.payload.a + msg.payload.b }; return msg',
    outputs: 1,
    x: 250,
    y: 100,
    wires: [['d1']],
  },
  { id: 'd1', type: 'http response', x: 400, y: 100, wires: [] },
  {
    id: 'e1',
    type: 'debug',
    name: 'seen',
    active: true,
    tosidebar: true,
    complete: 'payload',
    targetType: 'msg',
    x: 400,
    y: 200,
    wires: [],
  },
]

const deployed: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(ground, async (page) => {
      const sockets: string[] = []
      page.on('websocket', (socket) => sockets.push(new URL(socket.url()).pathname))
      await page.reload()
      // Flows come after the page: what is imported before them is lost.
      await page.waitForFunction(`globalThis.RED?.workspaces?.active()`)
      await page.evaluate(
        `RED.view.importNodes(${JSON.stringify(JSON.stringify(flow))}, { generateIds: true, addFlow: false })`,
      )
      await page.waitForFunction(`document.querySelectorAll('.red-ui-flow-node').length >= ${flow.length}`)
      await page.mouse.move(590, 300)
      await page.mouse.click(600, 300)
      await page.waitForFunction(`RED.nodes.dirty()`)
      const stored = page.waitForResponse(
        (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/flows'),
      )
      await page.locator('#red-ui-header-button-deploy').click()
      must((await stored).ok(), 'the flow to be stored', (await stored).status())
      await page.waitForFunction(`!RED.nodes.dirty()`)
      await page.evaluate(`RED.sidebar.show('debug')`)
      const sum = await page.evaluate(
        `fetch('/sums', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":40,"b":2}' }).then((a) => a.text())`,
      )
      must(sum === '{"sum":42}', '{"sum":42}', sum)
      // Sent by the server over the WebSocket.
      await page.locator('.red-ui-debug-msg', { hasText: '40' }).first().waitFor()
      must(sockets.includes('/comms'), 'a WebSocket at /comms', sockets)
      return 'editor loaded, flow deployed and called, its message shown over the WebSocket'
    }),
}

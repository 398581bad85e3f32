// JupyterLab: file names with every octet that means something in an address, a notebook, a terminal.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { answers, serve } from '../programs.ts'

/** Each with an octet that addresses give a meaning to. */
const names = ['Rechnung #12.txt', 'Was?.txt', 'a;b.txt', '50%.txt', 'M & M.txt', 'Größe.txt', '50%25 %2F.txt']

export const jupyterLab: Application = {
  name: 'jupyterlab',
  title: 'JupyterLab',
  recipe: 'notebooks.md',
  needs: ['chromium'],
  packages: { from: 'PyPI', names: ['jupyterlab==4.6.6'] },
  async start(_host, folder, installed) {
    const [port] = (await freePorts(1)) as [number]
    const files = join(folder, 'files')
    await mkdir(files)
    for (const name of names) await writeFile(join(files, name), 'old\n')
    const origin = `http://127.0.0.1:${port}`
    const home = { HOME: folder, JUPYTER_CONFIG_DIR: join(folder, 'config'), JUPYTER_DATA_DIR: join(folder, 'data') }
    const env = {
      ...home,
      JUPYTER_RUNTIME_DIR: join(folder, 'run'),
      IPYTHONDIR: join(folder, 'ipython'),
      SHELL: '/bin/sh',
    }
    const words = ['--no-browser', '--allow-root', `--ServerApp.root_dir=${files}`, '--ServerApp.ip=127.0.0.1']
    const trust = [
      '--IdentityProvider.token=',
      '--ServerApp.trust_xheaders=True',
      '--ServerApp.allow_remote_access=True',
    ]
    const server = await serve(
      join(installed, 'bin/jupyter-lab'),
      [...words, ...trust, `--ServerApp.port=${port}`],
      env,
      answers(`${origin}/lab`),
      { timeout: 90_000, cwd: folder },
    )
    return { origin, shows: [saved(files), terminal, computed], stop: () => server.stop() }
  },
}

function saved(files: string): Show {
  return {
    client: 'Chromium (files)',
    run: (ground) =>
      inChromium(
        ground,
        async (page) => {
          for (const name of names) {
            await page.goto(`${ground.origin}/lab/tree/${encodeURIComponent(name)}`)
            const editor = page.locator('.jp-FileEditor .cm-content')
            await editor.waitFor({ timeout: 60_000 })
            await editor.click()
            await page.keyboard.press('Control+End')
            const words = `at ${Date.now()}`
            await page.keyboard.type(words)
            const until = Date.now() + 60_000
            const content = (): Promise<string> => readFile(join(files, name), 'utf8')
            while (!(await content()).includes(words)) {
              must(Date.now() < until, `${name} to be saved`, await content())
              await page.keyboard.press('Control+s')
              await page.waitForTimeout(500)
            }
          }
          return `opened, changed and saved: ${names.join(', ')}`
        },
        { path: '/lab?reset' },
      ),
  }
}

const terminal: Show = {
  client: 'Chromium (terminal)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        const prompted = new Promise<void>((resolve) =>
          page.on('websocket', (socket) =>
            socket.on('framereceived', ({ payload }) => String(payload).includes('"stdout"') && resolve()),
          ),
        )
        await page.locator('.jp-LauncherCard', { hasText: 'Terminal' }).click({ timeout: 60_000 })
        await prompted
        await page.locator('.jp-Terminal .xterm-helper-textarea').focus()
        await page.keyboard.type('echo $((6 * 7)) > "$HOME/files/answer.txt"; echo done\n', { delay: 20 })
        const seen = async (): Promise<string> =>
          String(await page.evaluate(`fetch('/api/contents/answer.txt').then((a) => a.text())`))
        const until = Date.now() + 20_000
        for (let text = await seen(); !text.includes('42'); text = await seen()) {
          must(Date.now() < until, 'the command to write its answer', text)
          await page.waitForTimeout(200)
        }
        return 'WebSocket opened, command typed and run'
      },
      { path: '/lab?reset' },
    ),
}

const computed: Show = {
  client: 'Chromium (notebook)',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.locator('.jp-LauncherCard', { hasText: 'Python 3' }).first().click({ timeout: 60_000 })
        const cell = page.locator('.jp-Notebook .jp-CodeCell .cm-content').first()
        await cell.waitFor()
        await cell.click()
        await page.keyboard.type('print(6 * 7, "Größe")')
        // JupyterLab drops a run before its WebSocket to the kernel is open, and shows the kernel as idle then.
        const output = page.locator('.jp-OutputArea-output', { hasText: '42 Größe' }).first()
        for (const until = Date.now() + 120_000; !(await output.isVisible()); await page.waitForTimeout(2_000)) {
          must(Date.now() < until, 'the cell to print', 'nothing')
          await page.keyboard.press('Control+Enter')
        }
        return 'kernel started, cell run over its WebSocket'
      },
      { path: '/lab?reset' },
    ),
}

// Streamlit: a page that lives on its WebSocket, and an upload.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import type { Application, Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { answers, serve } from '../programs.ts'

const page = `
import streamlit as st
st.title('Größen & Gewichte')
name = st.text_input('Name')
if name:
    st.write('Hello ' + name + ', ' + str(len(name)) + ' letters')
file = st.file_uploader('File')
if file:
    st.write('Received ' + str(len(file.getvalue())) + ' bytes of ' + file.name)
`

export const streamlit: Application = {
  name: 'streamlit',
  title: 'Streamlit',
  recipe: 'notebooks.md',
  needs: ['chromium'],
  packages: { from: 'PyPI', names: ['streamlit==1.67.0'] },
  async start(host, folder, installed) {
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    await writeFile(join(folder, 'page.py'), page)
    const words = ['run', 'page.py', '--server.headless=true', '--server.address=127.0.0.1', `--server.port=${port}`]
    const own = [`--browser.serverAddress=${host}`, '--browser.gatherUsageStats=false', '--server.fileWatcherType=none']
    const server = await serve(
      join(installed, 'bin/streamlit'),
      [...words, ...own],
      { HOME: folder },
      answers(`${origin}/_stcore/health`),
      { timeout: 60_000, cwd: folder },
    )
    return { origin, shows: [used], stop: () => server.stop() }
  },
}

const used: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(ground, async (page) => {
      await page.getByRole('heading', { name: 'Größen & Gewichte' }).waitFor({ timeout: 30_000 })
      await page.getByLabel('Name').fill('Jörg')
      await page.keyboard.press('Enter')
      await page.getByText('Hello Jörg, 4 letters').waitFor()
      const file = { name: 'Maße #1.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(3_000_000, 'x') }
      await page.locator('input[type=file]').setInputFiles(file)
      await page.getByText('Received 3000000 bytes of Maße #1.bin').waitFor()
      return 'text typed, answered over the WebSocket, 3 MB uploaded'
    }),
}

// Prometheus as a dashboard in the frame of another application, which the browser visits first.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { debianVersion, serve } from '../programs.ts'
import { startStaticServer } from '../static-server.ts'

const intranet = `<!doctype html><title>Intranet</title><h1>Intranet</h1>
<script>
  const frame = document.createElement('iframe')
  frame.width = 900; frame.height = 500
  frame.src = location.origin.replace('//intranet.', '//prometheus.') + '/graph?g0.expr=up&g0.tab=1'
  document.body.append(frame)
</script>`

export const prometheus: Application = {
  name: 'prometheus',
  title: 'Prometheus',
  recipe: 'frames.md',
  needs: ['prometheus', 'chromium'],
  async start(_host, folder) {
    const [port] = (await freePorts(1)) as [number]
    const file = join(folder, 'prometheus.yml')
    const scrape = { job_name: 'itself', scrape_interval: '1s', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }
    await writeFile(file, JSON.stringify({ scrape_configs: [scrape] }))
    const origin = `http://127.0.0.1:${port}`
    const words = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`]
    const listen = [`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']
    const server = await serve('prometheus', [...words, ...listen], {}, scraped(origin), { cwd: folder })
    const pages = await startStaticServer({ '/': ['text/html', intranet] })
    return {
      origin,
      version: await debianVersion('prometheus'),
      siblings: { intranet: { to: pages.origin, embeds: ['prometheus'] } },
      shows: [asPage, framed],
      async stop() {
        await pages.stop()
        await server.stop()
      },
    }
  },
}

/** Its page evaluates the expression once: there must be something to see. */
function scraped(origin: string): () => Promise<void> {
  return async () => {
    const answer = await fetch(`${origin}/api/v1/query?query=up`)
    const text = await answer.text()
    if (!text.includes('"metric"')) throw new Error(`nothing scraped yet: ${answer.status}`)
  }
}

const query = `(async () => {
  const answer = await fetch('/api/v1/query?query=' + encodeURIComponent('up{job=~"it.*"} > 50% 3'))
  return answer.status
})()`

const asPage: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.getByText('up{', { exact: false }).first().waitFor()
        // A query with blanks, braces and percent signs; this one is empty, not wrong.
        const status = await page.evaluate(query)
        must(status === 200 || status === 400, 'an answer of Prometheus', status)
        return 'expression evaluated'
      },
      { path: '/graph?g0.expr=up&g0.tab=1' },
    ),
}

const framed: Show = {
  client: 'Chromium (in another application’s frame, first visit)',
  remark: '`embeds` at the application with the frame',
  run: (ground) =>
    inChromium(
      ground,
      async (page) => {
        await page.frameLocator('iframe').getByText('up{', { exact: false }).first().waitFor()
        return 'shown in the frame without having been opened in a tab'
      },
      { path: ground.originOf('intranet') },
    ),
}

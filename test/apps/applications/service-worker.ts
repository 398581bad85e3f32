// A progressive web app: its service worker passes every request on, also when the session is over.

import type { Page } from 'playwright-core'
import { must, type Application, type Show } from '../application.ts'
import { identify, inChromium } from '../chromium.ts'
import { startStaticServer } from '../static-server.ts'

const page = `<!doctype html><title>Tasks</title><link rel="manifest" href="/manifest.webmanifest"><h1>Tasks</h1><p></p>
<script>
  const controlled = navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)
    .then(() => navigator.serviceWorker.controller ?? new Promise((resolve) => navigator.serviceWorker.oncontrollerchange = resolve))
    .then(() => true)
  fetch('/api/tasks').then((answer) => answer.json()).then((tasks) => document.querySelector('p').textContent = tasks.join(', '))
</script>`

/** Network first, as most generators of such workers write it; what fails comes from the cache. */
const worker = `
  oninstall = () => skipWaiting()
  onactivate = (event) => event.waitUntil(clients.claim())
  onfetch = (event) => {
    if (event.request.method !== 'GET') return
    event.respondWith(fetch(event.request).then(async (answer) => {
      if (answer.ok) (await caches.open('tasks')).put(event.request, answer.clone())
      return answer
    }, () => caches.match(event.request)))
  }
`

export const serviceWorker: Application = {
  name: 'pwa',
  title: 'page with a service worker (PWA)',
  recipe: 'browser-apps.md',
  needs: ['chromium'],
  async start() {
    const pages = await startStaticServer({
      '/': ['text/html', page],
      '/worker.js': ['text/javascript', worker],
      '/manifest.webmanifest': ['application/manifest+json', '{"name":"Tasks","start_url":"/","display":"standalone"}'],
      '/api/tasks': ['application/json', '["paint","weld"]'],
    })
    return { origin: pages.origin, shows: [reloaded], stop: () => pages.stop() }
  },
}

const reloaded: Show = {
  client: 'Chromium',
  run: (ground) =>
    inChromium(ground, async (tab) => {
      await shown(tab)
      must((await tab.evaluate('controlled')) === true, 'the worker to control the page', 'nothing')
      await tab.reload()
      await shown(tab)
      // The tab does not know. Without its session at the provider, which would sign in again by itself.
      await ground.endSessions('erika')
      await tab.context().clearCookies({ domain: '127.0.0.1' })
      await tab.reload()
      must(
        new URL(tab.url()).origin !== ground.origin,
        'a page to sign in',
        `${tab.url()} ${await tab.innerText('body')}`,
      )
      await identify(tab, 'erika')
      await shown(tab)
      return 'installed, controls the page; after the session’s end a reload leads to sign-in and back'
    }),
}

async function shown(tab: Page): Promise<void> {
  await tab.getByText('paint, weld').waitFor()
}

// The page of the demo at `http://demo.localhost:8080`: five scenes as a path, the window of a person, the audit log.

import type { Language } from '../../web/kit/language.ts'
import { markup, type Markup } from '../page.ts'
import { words } from './words.ts'

export const personNames = ['miro', 'erika', 'ada', 'thomas'] as const
export type PersonName = (typeof personNames)[number]

export interface ScenesPage {
  readonly language: Language
  /** Path of each asset. */
  readonly style: string
  readonly script: string
  readonly icon: string
  /** Origin of the gateway. */
  readonly gateway: string
  /** Pages that the scenes open, in the browser of the person. */
  readonly places: Readonly<Record<string, string>>
  /** Milliseconds between two questions of the gateway to the provider. */
  readonly revalidate: number
}

export function drawScenes(shown: ScenesPage): string {
  const { language, style, script, icon, gateway, places, revalidate } = shown
  const say = words[language]
  const other = language === 'en' ? 'de' : 'en'
  const client = JSON.stringify({
    ...say.client,
    wire: say.wire,
    people: say.people,
    json: say.json,
    places,
    revalidate,
    language,
  })
  return markup`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${say.title} · Einlass</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${style}">
<script src="${script}" defer></script>
</head>
<body data-words="${client}">
<header>
<span class="brand">${logo}<b>Einlass</b></span>
<h1>${say.lead}</h1>
<p class="real">${say.real}</p>
<nav aria-label="${say.language}"><a href="/?language=${other}" hreflang="${other}" lang="${other}">${say.other}</a><a href="${gateway}" target="_blank" rel="noopener">${say.portal} ↗</a></nav>
</header>
<noscript><p class="no-script">${say.script}</p></noscript>
<main>
<ol class="path" aria-label="${say.path}">${say.scenes.map(
    ({ id, title, text }, at) => markup`<li data-scene="${id}"${{ markup: at === 0 ? ' class="current"' : '' }}>
<button type="button" class="title" aria-expanded="${at === 0 ? 'true' : 'false'}" aria-controls="scene-${id}"><span class="number">${at + 1}</span><span>${title}</span></button>
<div class="body" id="scene-${id}"><p>${text}</p>
<p class="actions"><button type="button" class="primary" data-next></button></p>
<p class="status" role="status" data-status></p></div></li>`,
  )}</ol>
<section class="window" aria-label="${say.window}">
<div class="tabs" role="group">${personNames.map(
    (person) =>
      markup`<button type="button" data-person="${person}" aria-pressed="false" hidden><span class="face" aria-hidden="true">${initials(say.people[person].name)}</span><span class="who"><b>${say.people[person].name.split(' ')[0]}</b><small>${say.people[person].role}</small></span></button>`,
  )}</div>
<div class="bar" hidden><button type="button" data-reload aria-label="${say.reload}" title="${say.reload}">↻</button><output class="address"></output><a data-own target="_blank" rel="noopener" aria-label="${say.ownTab}" title="${say.ownTab}">↗</a></div>
<div class="frames"><div class="empty">${door}<p><b>${say.empty}</b></p><p>${say.emptyAbout}</p></div></div>
<ul class="wires" aria-label="${say.wires}" hidden></ul>
</section>
<section class="log" aria-labelledby="log"><h2 id="log"><span class="pulse"></span>${say.log}</h2><p>${say.logAbout}</p>
<ol data-log aria-live="polite"><li class="nothing">${say.nothing}</li></ol></section>
</main>
</body>
</html>
`.markup
}

function initials(name: string): string {
  return name
    .split(' ')
    .map((word) => [...word][0])
    .join('')
}

const logo: Markup = {
  markup:
    '<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path d="M6 28V14a10 10 0 0 1 20 0v14" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"/><path d="M12 28V14.5a4 4 0 0 1 2.600-3.750L20 9v19z" fill="currentColor"/></svg>',
}

const door: Markup = {
  markup:
    '<svg class="door" viewBox="0 0 220 110" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"><path class="way" d="M8 92h64M148 92h64" stroke-dasharray="2 9"/><path d="M78 98V50a32 32 0 0 1 64 0v48"/></g><path d="M97 98V53a13 13 0 0 1 8.500-12L124 34v64z" fill="currentColor"/></svg>',
}

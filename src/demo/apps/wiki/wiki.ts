// The demo's wiki: pages that people read, edit and link; each revision names who the gateway said they are.

import type { Language } from '../../../web/kit/language.ts'
import { identityCard, nameOf, receivedCard, signedInAs } from '../identity-card.ts'
import type { AppAnswer } from '../answer.ts'
import { markup, page, type Markup } from '../../page.ts'
import type { Received } from '../received.ts'
import { maxText, maxTitle, type Book, type Revision } from './book.ts'
import { drawText, type Target } from './text.ts'
import { words } from './words.ts'

/** Undefined: there is no such page. `form`: the fields of a POST. */
export function answerWiki(
  book: Book,
  received: Received,
  language: Language,
  form: URLSearchParams | undefined,
): AppAnswer | undefined {
  const { pathname, searchParams } = new URL(received.target, 'http://wiki')
  if (pathname === '/new') {
    const number = book.next()
    const title = (searchParams.get('title') ?? '').slice(0, maxTitle)
    return number === undefined ? undefined : editPage({ book, received, language, number }, { title, text: '' })
  }
  const found = /^\/(?:page\/(\d{1,4})(?:\/(edit|history|revision\/(\d{1,3})))?)?$/.exec(pathname)
  if (!found) return undefined
  const number = Number(found[1] ?? 1)
  const shown: Shown = { book, received, language, number }
  if (received.method === 'POST') return save(shown, form)
  const revisions = book.revisions(number, language)
  switch (found[2]) {
    case undefined:
      return read(shown, revisions, revisions.length)
    case 'edit':
      return editPage(shown, revisions.at(-1) ?? { title: '', text: '' })
    case 'history':
      return { status: 200, html: history(shown, revisions) }
    // open: `revision/N`
    default:
      return revisions[Number(found[3]) - 1] ? read(shown, revisions, Number(found[3])) : undefined
  }
}

interface Shown {
  readonly book: Book
  readonly received: Received
  readonly language: Language
  readonly number: number
}

function save(shown: Shown, form: URLSearchParams | undefined): AppAnswer {
  const { book, received, language, number } = shown
  const by = nameOf(received)
  const written = { title: form?.get('title') ?? '', text: form?.get('text') ?? '' }
  // The wiki shows its pages to anybody who reaches its port, but knows authors from the gateway only.
  if (by === undefined) return editPage(shown, written, 401, words[language].onlyThroughGateway)
  if (!book.write(number, { ...written, by })) return editPage(shown, written, 422, words[language].notSaved)
  return { status: 303, location: `/page/${number}` }
}

function read(shown: Shown, revisions: readonly Revision[], at: number): AppAnswer {
  const { language, number, received, book } = shown
  const say = words[language]
  const revision = revisions[at - 1]
  const older = at < revisions.length
  const body = markup`${older ? markup`<p class="note">${say.notNewest} <a href="/page/${number}">${say.newest}</a></p>` : undefined}
<h1 data-page="${number}">${revision?.title ?? `${say.pages.slice(0, -1)} ${number}`}</h1>
<article>${revision ? drawText(revision.text, linkIn(book, language)) : markup`<p>${say.unwritten}</p>`}</article>
${revision && markup`<p><small>${say.lastChange(revision.by ?? say.start, clock(revision.at, language))}</small></p>`}
${identityCard(received, language)}
${receivedCard(received, language)}`
  return { status: 200, html: draw(shown, revision?.title ?? say.newPage, body, older ? undefined : 'read') }
}

function editPage(
  shown: Shown,
  { title, text }: Pick<Revision, 'title' | 'text'>,
  status = 200,
  problem?: string,
): AppAnswer {
  const { language, number, received } = shown
  const say = words[language]
  const by = nameOf(received)
  const body = markup`<h1>${title === '' ? say.newPage : title}</h1>
${problem && markup`<p class="wrong" role="alert">${problem}</p>`}
<form method="post" action="/page/${number}">
<label for="title">${say.title}</label>
<input id="title" name="title" value="${title}" maxlength="${maxTitle}" required>
<label for="text">${say.text}</label>
<textarea id="text" name="text" rows="12" maxlength="${maxText}">
${text}</textarea>
<p><small>${say.syntax}</small></p>
<button>${by === undefined ? say.save : say.saveAs(by)}</button> <a class="button quiet" href="/page/${number}">${say.cancel}</a>
</form>`
  return { status, html: draw(shown, say.edit, body, 'edit') }
}

function history(shown: Shown, revisions: readonly Revision[]): string {
  const { language, number } = shown
  const say = words[language]
  const rows = revisions.map((revision, at) => {
    const change = revision.text.length - (revisions[at - 1]?.text.length ?? 0)
    return markup`<tr><th><a href="/page/${number}/revision/${at + 1}">${say.revision(at + 1)}</a></th><td>${revision.by ?? say.start}</td><td>${clock(revision.at, language)}</td><td class="mono">${change < 0 ? '−' : '+'}${Math.abs(change)}</td></tr>`
  })
  const body = markup`<h1>${revisions.at(-1)?.title ?? say.newPage}</h1>
<section class="card"><table class="list">${rows.toReversed()}</table></section>`
  return draw(shown, say.history, body, 'history')
}

function draw(shown: Shown, title: string, body: Markup, tab: 'read' | 'edit' | 'history' | undefined): string {
  const { book, language, number, received } = shown
  const say = words[language]
  const current = (here: boolean) => ({ markup: here ? ' aria-current="page"' : '' })
  const links = book
    .contents(language)
    .map((one) => markup`<a href="/page/${one.number}"${current(one.number === number)}>${one.title}</a>`)
  const tabs = (['read', 'edit', 'history'] as const).map((one) => {
    const path = one === 'read' ? '' : `/${one}`
    return markup`<a href="/page/${number}${path}"${current(one === tab)}>${say[one]}</a>`
  })
  return page({
    title,
    brand: 'Wiki',
    language,
    hue: 160,
    body: markup`${signedInAs(received, language)}
<nav aria-label="${say.pages}">${links}<a href="/new">+ ${say.newPage}</a></nav>
<nav class="tabs">${tabs}</nav>
${body}`,
  })
}

function linkIn(book: Book, language: Language): (name: string) => Target {
  return (name) => {
    const number = /^\d{1,4}$/.test(name) ? Number(name) : book.find(name, language)
    const title = number === undefined ? undefined : book.revisions(number, language).at(-1)?.title
    if (title !== undefined) return { href: `/page/${number}`, title, exists: true }
    return { href: `/new?title=${encodeURIComponent(name)}`, title: name, exists: false }
  }
}

function clock(at: number, language: Language): string {
  return new Date(at).toLocaleTimeString(language === 'de' ? 'de-DE' : 'en-GB', { hour: '2-digit', minute: '2-digit' })
}

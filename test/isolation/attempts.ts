// What a page of one application tries at another, as scripts for a browser, each with the outcome it must have.

/**
 * `refused`: nothing reached the application, or changed at the gateway. `read only`: a GET arrived, as a link would send
 * it, and the page could not read the answer. `accepted`: arrived as the user.
 */
export type Outcome = 'refused' | 'read only' | 'accepted'

/** Which page runs the script: of another application, of the application itself, or of an origin it trusts. */
export type Actor = 'another application' | 'own page' | 'trusted page'

export interface Attempt {
  readonly name: string
  readonly actor: Actor
  readonly target: 'application' | 'portal' | 'sign-out'
  /** Body of an async function; `url` is the target, `form(fields)` and `frame(html)` see `helpers`. */
  readonly script: string
  readonly outcome: Outcome
}

/** Functions for the scripts. Each settles when the browser has an answer, or after a second. */
export const helpers = `
  const soon = (event) => Promise.race([event, new Promise((resolve) => setTimeout(resolve, 1000))])
  const loaded = (element) => soon(new Promise((resolve) => (element.onload = element.onerror = resolve)))
  const tell = (promise) => promise.then((answer) => 'answer ' + (answer.status || answer.type), (error) => error.name)
  const form = async (enctype, { sandbox, method = 'POST', referrer } = {}) => {
    const frame = document.createElement('iframe')
    frame.name = 'f' + Math.random()
    if (sandbox !== undefined) frame.sandbox = sandbox
    const meta = referrer === undefined ? '' : '<meta name="referrer" content="' + referrer + '">'
    const page = meta + '<form method="' + method + '" action="' + url + '" enctype="' + enctype + '"><input name="a" value="b"></form>'
    frame.srcdoc = page + '<script>onload = () => document.forms[0].submit()</scr' + 'ipt>'
    let loads = 0
    const done = new Promise((resolve) => (frame.onload = () => (loads += 1) === 2 && resolve()))
    document.body.append(frame)
    await soon(done)
  }
`

const send = (options: string): string => `return tell(fetch(url, { credentials: 'include', ${options} }))`
const formTypes = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']

type Try = readonly [name: string, script: string, outcome: Outcome]

const writes: readonly Try[] = [
  ['fetch POST, no-cors', send(`method: 'POST', mode: 'no-cors', body: 'a=b'`), 'refused'],
  ['fetch POST, no-cors, kept alive', send(`method: 'POST', mode: 'no-cors', keepalive: true, body: 'x'`), 'refused'],
  ['fetch POST, cors', send(`method: 'POST', body: 'a=b'`), 'refused'],
  [
    'fetch POST of JSON, cors (preflight)',
    send(`method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}'`),
    'refused',
  ],
  ...['PUT', 'DELETE', 'PATCH', 'PROPFIND'].map((method): Try => [
    `fetch ${method}, cors (preflight)`,
    send(`method: '${method}'`),
    'refused',
  ]),
  [
    'sendBeacon',
    `return soon(new Promise((done) => { navigator.sendBeacon(url, 'a=b'); setTimeout(done, 300) }))`,
    'refused',
  ],
  [
    'link with ping',
    `const a = document.createElement('a'); a.href = '#x'; a.ping = url; document.body.append(a); a.click(); await new Promise((done) => setTimeout(done, 300))`,
    'refused',
  ],
  ...formTypes.map((type): Try => [`form in a frame, ${type}`, `await form('${type}')`, 'refused']),
  ['form in a sandboxed frame', `await form('text/plain', { sandbox: 'allow-scripts allow-forms' })`, 'refused'],
  ['form under no-referrer', `await form('text/plain', { referrer: 'no-referrer' })`, 'refused'],
]

const appReads: readonly Try[] = [
  ['fetch GET, no-cors', send(`mode: 'no-cors'`), 'read only'],
  ['fetch GET, cors', send(``), 'read only'],
  ['fetch HEAD, no-cors', send(`method: 'HEAD', mode: 'no-cors'`), 'read only'],
  ['image', `const image = new Image(); image.src = url; await loaded(image)`, 'read only'],
  [
    'script',
    `const s = document.createElement('script'); s.src = url; document.body.append(s); await loaded(s)`,
    'read only',
  ],
  [
    'stylesheet',
    `const s = document.createElement('link'); s.rel = 'stylesheet'; s.href = url; document.head.append(s); await loaded(s)`,
    'read only',
  ],
  [
    'frame',
    `const f = document.createElement('iframe'); f.src = url; document.body.append(f); await loaded(f); try { return f.contentDocument.body.innerText } catch (e) { return e.name }`,
    'read only',
  ],
  ['form by GET', `await form('application/x-www-form-urlencoded', { method: 'GET' })`, 'read only'],
  [
    'EventSource',
    `const s = new EventSource(url, { withCredentials: true }); await soon(new Promise((done) => (s.onerror = s.onopen = done))); s.close()`,
    'read only',
  ],
  [
    'window.open and postMessage',
    `const w = window.open(url); await new Promise((done) => setTimeout(done, 500)); w.postMessage('save', '*'); try { return w.document.body.innerText } catch (e) { return e.name } finally { w.close() }`,
    'read only',
  ],
]

const socket = `const s = new WebSocket(url.replace('https', 'wss')); return soon(new Promise((done) => { s.onopen = () => done('open'); s.onerror = () => done('error') }))`

const worker = `
  const registration = await navigator.serviceWorker.register('/attack/worker.js')
  await soon(navigator.serviceWorker.ready)
  const channel = new MessageChannel()
  const told = new Promise((done) => (channel.port1.onmessage = ({ data }) => done(data)))
  registration.active.postMessage(url, [channel.port2])
  return soon(told)
`

const topLevel = (type: string): string => `
  const page = '<form method="POST" action="' + url + '" enctype="${type}"><input name="a" value="b"></form>'
  const w = window.open('about:blank')
  w.document.body.innerHTML = page
  w.document.forms[0].submit()
  await new Promise((done) => setTimeout(done, 500))
  w.close()
`

function of(actor: Actor, target: Attempt['target'], tries: readonly Try[]): Attempt[] {
  return tries.map(([name, script, outcome]) => ({ name, actor, target, script, outcome }))
}

export const attempts: readonly Attempt[] = [
  ...of('another application', 'application', [
    ...writes,
    ...formTypes.map((type): Try => [`form in a window, ${type}`, topLevel(type), 'refused']),
    ['fetch POST by its service worker', worker, 'refused'],
    ['WebSocket', socket, 'refused'],
    ...appReads,
  ]),
  ...of('another application', 'portal', [
    ...writes,
    ['form in a window', topLevel('application/x-www-form-urlencoded'), 'refused'],
  ]),
  ...of('another application', 'sign-out', [
    ...writes,
    ...appReads.map(([name, script]): Try => [name, script, 'refused']),
    ['form in a window', topLevel('application/x-www-form-urlencoded'), 'refused'],
  ]),
  ...of('own page', 'application', [
    ['fetch POST', send(`method: 'POST', body: 'a=b'`), 'accepted'],
    ['fetch PUT', send(`method: 'PUT', body: 'a=b'`), 'accepted'],
    ['fetch DELETE', send(`method: 'DELETE'`), 'accepted'],
    ['sendBeacon', `navigator.sendBeacon(url, 'a=b'); await new Promise((done) => setTimeout(done, 300))`, 'accepted'],
    ...formTypes.map((type): Try => [`form, ${type}`, `await form('${type}')`, 'accepted']),
    ['form under no-referrer', `await form('text/plain', { referrer: 'no-referrer' })`, 'accepted'],
    ['form in a sandboxed frame', `await form('text/plain', { sandbox: 'allow-scripts allow-forms' })`, 'refused'],
    ['WebSocket', socket, 'accepted'],
  ]),
  ...of('trusted page', 'application', [
    ['fetch POST, no-cors', send(`method: 'POST', mode: 'no-cors', body: 'a=b'`), 'accepted'],
    ['form', `await form('application/x-www-form-urlencoded')`, 'accepted'],
    ['WebSocket', socket, 'accepted'],
  ]),
]

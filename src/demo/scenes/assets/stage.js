// Script of the page with the scenes: runs the steps of a scene, shows the windows of people, and writes the log.

const words = JSON.parse(document.body.dataset.words)
const locale = words.language === 'de' ? 'de-DE' : 'en-GB'
const find = (selector, root = document) => root.querySelector(selector)
const all = (selector, root = document) => [...root.querySelectorAll(selector)]

// What the demo reports.
let state = { grantUntil: 0, inGroup: true, encrypted: true }
let people = {}
const heard = []

// Windows of people.
const frames = new Map()
let shown

const grantEnd = () => new Date(state.grantUntil).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })

async function act(name) {
  const answer = await fetch(`/do/${name}`, { method: 'POST' })
  if (!answer.ok) throw new Error((await answer.text()) || String(answer.status))
}

function open(person, place) {
  let frame = frames.get(person)
  if (!frame) {
    frame = document.createElement('iframe')
    frame.title = words.people[person].name
    frames.set(person, frame)
    find('.frames').append(frame)
    find(`[data-person=${person}]`).hidden = false
  }
  frame.src = words.places[`${person}/${place}`]
  show(person)
}

function reload(person) {
  const frame = frames.get(person)
  if (frame) frame.src = people[person]?.url ?? frame.src
}

function show(person) {
  shown = person
  find('.empty').hidden = true
  find('.bar').hidden = false
  for (const [one, frame] of frames) frame.hidden = one !== person
  for (const tab of all('[data-person]')) tab.setAttribute('aria-pressed', String(tab.dataset.person === person))
  drawWindow()
}

const connections = (person) => people[person]?.connections ?? []
const running = (person, kind) => connections(person).some((one) => one.kind === kind && !one.ended)
const cutSince = (person, at) => connections(person).filter(({ ended }) => ended?.by === 'gateway' && ended.at >= at)
const recorded = (kind, person, at) =>
  heard.some((line) => line.kind === kind && line.person === person && line.at >= at)
const refused = (person) => people[person]?.status >= 400

function duration(ms) {
  return ms < 1000
    ? `${Math.max(0, Math.round(ms))} ${words.milliseconds}`
    : `${(ms / 1000).toLocaleString(locale, { maximumFractionDigits: 1 })} ${words.seconds}`
}

/** How long after `at` the last of the connections that were cut was closed. */
const cutAfter = (person, at) => duration(Math.max(...cutSince(person, at).map(({ ended }) => ended.at)) - at)

/**
 * Steps of each scene. `run` happens at the button; `until` says when the step is over, `again` what is repeated before, and
 * `after` is the sentence then. `byHand`: the next button can be pressed before.
 */
const scenes = {
  technician: [
    {
      label: 'be_miro',
      run: () => act('ready_grant').then(() => open('miro', 'machines')),
      until: () => running('miro', 'websocket') && running('miro', 'events'),
      after: () => words.status.miro_in.replace('{end}', grantEnd()),
      done: true,
    },
  ],
  group: [
    {
      label: 'be_erika',
      run: () => act('give_group').then(() => open('erika', 'machines')),
      until: () => running('erika', 'websocket') && running('erika', 'events'),
      again: () => refused('erika') && reload('erika'),
      after: () => words.status.erika_in,
    },
    {
      label: 'take_group',
      run: () => (show('erika'), act('take_group')),
      during: () => words.status.asking.replace('{interval}', duration(words.revalidate)),
      until: (began) => cutSince('erika', began).length >= 2,
      after: (began) => words.status.group_cut.replace('{after}', cutAfter('erika', began)),
      done: true,
    },
    { label: 'why', run: () => reload('erika'), until: () => refused('erika'), after: () => words.status.why },
    {
      label: 'give_group',
      run: () => act('give_group'),
      during: () => words.status.asking.replace('{interval}', duration(words.revalidate)),
      again: () => reload('erika'),
      until: () => running('erika', 'events'),
      after: () => words.status.group_back,
    },
  ],
  laptop: [
    {
      label: 'be_ada',
      run: () => act('encryption_on').then(() => open('ada', 'servers')),
      until: () => running('ada', 'events'),
      again: () => refused('ada') && reload('ada'),
      after: () => words.status.ada_in,
    },
    {
      label: 'encryption_off',
      run: () => (show('ada'), act('encryption_off')),
      during: () => words.status.encryption,
      until: (began) => cutSince('ada', began).length > 0,
      after: (began) => words.status.laptop_cut.replace('{after}', cutAfter('ada', began)),
      done: true,
    },
    { label: 'why', run: () => reload('ada'), until: () => refused('ada'), after: () => words.status.why },
    {
      label: 'encryption_on',
      run: () => act('encryption_on'),
      again: () => reload('ada'),
      until: () => running('ada', 'events'),
      after: () => words.status.encrypted,
    },
  ],
  end: [
    {
      label: 'be_miro',
      run: () => act('ready_grant').then(() => open('miro', 'record')),
      until: () => ['websocket', 'events', 'download'].every((kind) => running('miro', kind)),
      after: () => words.status.miro_in.replace('{end}', grantEnd()),
    },
    {
      label: 'end_grant',
      run: () => (show('miro'), act('end_grant')),
      counts: true,
      until: () => cutSince('miro', state.grantUntil).length >= 3,
      after: () => words.status.grant_cut.replace('{after}', cutAfter('miro', state.grantUntil)),
      done: true,
    },
    { label: 'why', run: () => reload('miro'), until: () => refused('miro'), after: () => words.status.why },
    {
      label: 'renew_grant',
      run: () => act('renew_grant').then(() => open('miro', 'machines')),
      until: () => running('miro', 'events'),
      after: () => words.status.renewed.replace('{end}', grantEnd()),
    },
  ],
  ask: [
    {
      label: 'ask',
      run: () => open('thomas', 'ask'),
      during: () => words.status.send,
      until: (began) => recorded('request_opened', 'thomas', began),
      after: () => words.status.sent,
      byHand: true,
    },
    {
      label: 'approve',
      run: () => open('erika', 'approvals'),
      during: () => words.status.decide,
      until: (began) => recorded('request_approved', 'thomas', began),
      after: () => words.status.approved,
      byHand: true,
    },
    {
      label: 'back',
      run: () => open('thomas', 'machines'),
      until: () => running('thomas', 'events'),
      after: () => words.status.thomas_in,
      done: true,
    },
  ],
}

/** Per scene: index of the next step, and the one that runs. */
const progress = Object.fromEntries(
  Object.keys(scenes).map((id) => [id, { next: 0, step: undefined, began: 0, tried: 0 }]),
)
/** After the last step, a scene may be played once more. */
const wasPlayed = new Set()

async function press(id) {
  const scene = progress[id]
  const step = scenes[id][scene.next]
  // The clock of the page and the clock of the demo are the same machine's.
  Object.assign(scene, { step, began: Date.now(), tried: Date.now() })
  if (step.byHand) advance(id)
  say(id, step.during?.() ?? words.status.working)
  drawScene(id)
  try {
    await step.run()
  } catch (error) {
    scene.step = undefined
    say(id, words.status.failed.replace('{problem}', error.message), 'stop')
    drawScene(id)
  }
  if (matchMedia('(max-width: 60rem)').matches) find('.window').scrollIntoView({ behavior: 'smooth', block: 'start' })
}

function advance(id) {
  const scene = progress[id]
  scene.next += 1
  if (scene.next < scenes[id].length) return
  scene.next = 0
  wasPlayed.add(id)
}

/** Looks whether running steps are over. */
function follow() {
  for (const [id, scene] of Object.entries(progress)) {
    const { step, began } = scene
    if (!step) continue
    if (step.until(began)) {
      scene.step = undefined
      if (!step.byHand) advance(id)
      if (step.done) find(`[data-scene=${id}]`).classList.add('done')
      say(id, step.after(began), step.done && id !== 'technician' && id !== 'ask' ? 'stop' : 'good')
      drawScene(id)
    } else if (step.again && Date.now() - scene.tried > 2000) {
      scene.tried = Date.now()
      step.again()
    } else if (!step.byHand && Date.now() - began > 25_000) {
      // Whatever happened instead can be seen in the window; the button is free again.
      scene.step = undefined
      drawScene(id)
    }
  }
}

function say(id, text, tone = '') {
  const status = find(`[data-scene=${id}] [data-status]`)
  status.textContent = text
  status.className = `status ${tone}`
}

function drawScene(id) {
  const { next, step } = progress[id]
  const button = find(`[data-scene=${id}] [data-next]`)
  const label = words.steps[scenes[id][next].label]
  button.textContent = next === 0 && wasPlayed.has(id) && !step ? `${words.steps.again}: ${label}` : label
  button.disabled = step !== undefined && !step.byHand
}

/** The seconds until the grant ends, and the times of open connections, while they run. */
function drawCount() {
  const { step } = progress.end
  if (!step?.counts || state.grantUntil < Date.now() - 20_000) return
  const left = Math.max(0, state.grantUntil - Date.now())
  if (left > 20_000) return
  const status = find('[data-scene=end] [data-status]')
  status.className = 'status counting'
  const count = document.createElement('b')
  count.textContent = String(Math.ceil(left / 1000))
  const rest = document.createElement('progress')
  rest.max = 15_000
  rest.value = left
  status.replaceChildren(count, ` ${words.status.counting}`, rest)
}

function drawWindow() {
  const { address = '', url } = people[shown] ?? {}
  find('.address').textContent = address.replace(/^http:\/\//, '')
  find('.address').classList.toggle('refused', refused(shown))
  find('[data-own]').href = url ?? frames.get(shown)?.src ?? '/'
  const wires = connections(shown).filter(({ ended }) => ended?.by !== 'browser')
  const list = find('.wires')
  list.hidden = wires.length === 0
  list.replaceChildren(...wires.slice(-4).map(drawWire))
}

function drawWire({ kind, since, bytes, ended }) {
  const item = document.createElement('li')
  item.className = ended ? 'cut' : 'open'
  item.dataset.kind = kind
  const name = document.createElement('b')
  name.textContent = words.wire[kind]
  const line = document.createElement('i')
  const told = document.createElement('span')
  const size = bytes < 1e6 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`
  if (!ended) told.textContent = `${size}, ${Math.round((Date.now() - since) / 1000)} ${words.seconds}`
  else {
    const at = new Date(ended.at).toLocaleTimeString(locale)
    told.textContent = `${words.cut} ${at}, ${size}`
  }
  item.append(name, line, told)
  return item
}

function hear(line) {
  if (heard.some(({ id }) => id === line.id)) return
  heard.push(line)
  if (heard.length > 300) heard.shift()
  const log = find('[data-log]')
  find('.nothing', log)?.remove()
  const same = [...log.children].slice(0, 8).find((item) => item.dataset.key === line.key)
  const time = new Date(line.at).toLocaleTimeString(locale)
  if (same && line.at - Number(same.dataset.at) < 5000) {
    same.dataset.at = line.at
    same.dataset.count = Number(same.dataset.count) + 1
    find('.count', same).textContent = ` × ${same.dataset.count}`
    find('time', same).textContent = time
    return
  }
  log.prepend(drawLine(line, time))
  while (log.children.length > 60) log.lastElementChild.remove()
}

function drawLine({ at, tone, text, why, code, key, event }, time) {
  const item = document.createElement('li')
  item.className = tone
  Object.assign(item.dataset, { key, at, count: 1 })
  const moment = document.createElement('time')
  moment.textContent = time
  const sentence = document.createElement('p')
  const count = document.createElement('span')
  count.className = 'count'
  sentence.append(text, count)
  item.append(moment, sentence)
  if (why !== undefined || code !== undefined) {
    const reason = document.createElement('p')
    reason.className = 'why'
    const tag = document.createElement('code')
    tag.textContent = code ?? ''
    reason.append(why ?? '', ' ', tag)
    item.append(reason)
  }
  const more = document.createElement('details')
  const title = document.createElement('summary')
  title.textContent = words.json
  const json = document.createElement('pre')
  more.append(title, json)
  more.addEventListener('toggle', () => (json.textContent = JSON.stringify(event, null, 1)), { once: true })
  item.append(more)
  return item
}

for (const item of all('[data-scene]')) {
  const id = item.dataset.scene
  drawScene(id)
  find('[data-next]', item).addEventListener('click', () => press(id))
  find('.title', item).addEventListener('click', () => choose(id))
}

function choose(id) {
  for (const item of all('[data-scene]')) {
    const current = item.dataset.scene === id
    item.classList.toggle('current', current)
    find('.title', item).setAttribute('aria-expanded', String(current))
  }
}

for (const tab of all('[data-person]')) tab.addEventListener('click', () => show(tab.dataset.person))
find('[data-reload]').addEventListener('click', () => reload(shown))

const live = new EventSource('/live')
live.addEventListener('state', ({ data }) => (state = JSON.parse(data)))
live.addEventListener('people', ({ data }) => {
  people = JSON.parse(data)
  if (shown) drawWindow()
  follow()
})
live.addEventListener('audit', ({ data }) => {
  hear(JSON.parse(data))
  follow()
})
live.addEventListener('open', () => document.body.classList.add('live'))
live.addEventListener('error', () => document.body.classList.remove('live'))

setInterval(() => {
  drawCount()
  follow()
}, 250)

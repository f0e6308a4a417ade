'use strict'
// What is sent is shown at once, faintly, and is said when it comes back: the server
// tells everybody what was said, and who said it, too, with its number. What has not
// come back when the connection is lost is sent again.
const $ = id => document.getElementById(id)
const query = new URLSearchParams(location.search)
let name = query.get('name') || sessionStorage.getItem('name') || ''
let room = query.get('room') || sessionStorage.getItem('room') || ''
let key = sessionStorage.getItem('key') || ''
let seq = 0, here = new Set(), waiting = [], socket, tries = 0, known = false, over = false

function connect () {
  const ask = new URLSearchParams()
  if (name) { ask.set('name', name); ask.set('room', room); ask.set('key', key); ask.set('since', seq) }
  socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws?${ask}`, 'inflight-chat')
  socket.onopen = () => { tries = 0; show('live', name ? '' : 'connected') ; $('line').disabled = false; $('line').focus() }
  socket.onmessage = m => hear(JSON.parse(m.data))
  socket.onclose = e => {
    known = false
    if (e.code === 1000 || e.code === 4001 || e.code === 1008) {
      over = true
      show('', e.reason || 'closed'); $('line').disabled = true; $('send').textContent = 'join again'
      return
    }
    const wait = Math.min(10000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2)
    show('', `${e.code === 1001 ? 'the server is going' : 'the connection is lost'}; again in ${Math.ceil(wait / 1000)} s`)
    setTimeout(connect, wait)
  }
}

function show (light, text) { $('light').className = 'light ' + light; $('state').textContent = text }

function hear (e) {
  if (e.room && room && e.room !== room && (e.seq || e.kind === 'welcome')) { // what was said there comes first
    seq = 0; room = e.room
    $('log').replaceChildren()
  }
  if (e.seq && e.kind !== 'welcome') {
    if (e.seq <= seq) return
    seq = e.seq
  }
  switch (e.kind) {
    case 'say': case 'act': return said(e)
    case 'private': return add('say private' + (e.from === name ? ' own' : ''), e.from + ' → ' + e.to, e.at, e.text)
    case 'come': here.add(e.from); people(); return note(e.from + ' is here')
    case 'go': here.delete(e.from); people(); return note(e.from + ' has gone')
    case 'rename':
      here.delete(e.from); here.add(e.to); people()
      if (e.from === name) { name = e.to; remember() }
      return note(`${e.from} is ${e.to} from now on`)
    case 'welcome':
      name = e.from; room = e.room; key = e.key; here = new Set(e.names); known = true
      remember(); people(); show('live', 'you are ' + name)
      for (const w of waiting) socket.send(w.text)
      return
    case 'refusal':
      if (!known) { name = ''; $('line').focus() }
      return line('refusal', e.text)
    default: return note(e.text)
  }
}

function remember () {
  sessionStorage.setItem('name', name); sessionStorage.setItem('room', room); sessionStorage.setItem('key', key)
  $('prompt').textContent = name; $('room').textContent = room; document.title = room; $('line').placeholder = 'say something, or /help'
}

function said (e) {
  const i = waiting.findIndex(w => e.from === name && w.said === e.text)
  if (i >= 0) waiting.splice(i, 1)[0].item.remove()
  add('say' + (e.from === name ? ' own' : ''), e.from, e.at, e.kind === 'act' ? `* ${e.from} ${e.text}` : e.text)
}

function add (kind, from, at, text) {
  const item = line(kind, '')
  const who = document.createElement('b'), when = document.createElement('time'), what = document.createElement('span')
  who.textContent = from; what.textContent = text
  if (at) { const t = new Date(at); when.dateTime = at; when.textContent = t.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) }
  item.append(who, when, what)
  return item
}

function note (text) { return line('note', text) }

function line (kind, text) {
  const log = $('log'), low = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  const item = document.createElement('li')
  item.className = kind; item.textContent = text
  log.append(item)
  while (log.children.length > 1000) log.firstChild.remove()
  if (low) queueMicrotask(() => { log.scrollTop = log.scrollHeight })
  return item
}

function people () {
  $('people').replaceChildren(...[...here].sort().map(n => { const li = document.createElement('li'); li.textContent = n === name ? n + ' (you)' : n; return li }))
}

$('form').addEventListener('submit', event => {
  event.preventDefault()
  if (over) {
    over = false; $('send').textContent = 'send'
    return connect()
  }
  const text = $('line').value.trim()
  if (!text) return
  $('line').value = ''
  const open = socket.readyState === WebSocket.OPEN
  const message = !text.startsWith('/') || text.startsWith('/me ') || text.startsWith('//')
  if (message && (known || key && !open)) {
    const said = text.startsWith('/me ') ? text.slice(4).trim() : text.startsWith('//') ? text.slice(1) : text
    waiting.push({ text, said, item: add('say own waiting', name, '', text) })
  } else if (!open) line('refusal', 'not sent: there is no connection')
  if (open) socket.send(text)
})

connect()

// The page: it draws what /events sends each second. All texts of the program are set
// as texts, never as markup.
'use strict';
const $ = id => document.getElementById(id);

// el makes an element with a class, texts and elements in it.
function el(tag, cls, ...inside) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...inside);
  return e;
}

// say changes a text only if it differs, so that what stays can be selected.
function say(e, text) { if (e.textContent !== text) e.textContent = text; }

function brief(ms) {
  if (!ms) return '';
  if (ms < 1000) return ms + ' ms';
  const s = ms / 1000;
  if (s < 60) return s.toFixed(1) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' m ' + Math.floor(s % 60) + ' s';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s / 60 % 60) + ' m';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s / 3600 % 24) + ' h';
}
const number = n => n.toLocaleString('en').replaceAll(',', '\u202f');

// What the page remembers.
let last = null;             // the last event
let paused = false;
let active = '';             // the key of the row that the keys move
const folded = new Map();    // key: true or false, as the user said; else by itself
let shown = [];              // the rows that are seen, in order
let chosen = null;           // the branch whose details are open
let stream = null;

// ---- the stream

function connect() {
  if (stream) stream.close();
  const filter = $('filter').value.trim();
  stream = new EventSource('events' + (filter ? '?filter=' + encodeURIComponent(filter) : ''));
  stream.onmessage = m => { if (!paused) { last = JSON.parse(m.data); light('live', 'live'); draw(); } };
  stream.onerror = () => {
    light('gone', 'no connection');
    say($('about'), last ? 'has ended, or does not answer' : 'does not answer');
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

function light(cls, label) {
  $('light').className = 'light ' + (paused ? 'paused' : cls);
  $('light').setAttribute('aria-label', paused ? 'paused' : label);
}

// ---- drawing

function draw() {
  const v = last;
  document.title = (v.findings || []).length ? '(!) ' + v.program : v.program + ' – inflight';
  say($('program'), v.program);
  say($('about'), `pid ${v.pid} · up ${brief(v.up_ms)} · ${v.go} · level ${v.level}`);
  cards($('counters'), [
    { name: 'tasks', value: number(v.tasks) },
    { name: 'running', value: number(v.running), cls: 'run' },
    { name: 'waiting', value: number(v.waiting), cls: 'wait' },
    { name: 'scopes', value: number(v.scopes) },
    { name: 'goroutines', value: number(v.goroutines) },
    { name: 'findings', value: number((v.findings || []).length), cls: (v.findings || []).length ? 'bad' : '' },
    { name: 'to look took', value: v.took_ms.toFixed(1) + ' ms' },
  ]);
  drawFindings(v.findings || []);
  drawPanel(v.panel);
  drawTree();
  drawEnded(v.ended || []);
  $('hint').hidden = v.level > 0;
  say($('hint'), 'At level 0 nobody records since when. INFLIGHT_DEBUG=1, or inflight tree --level 1 PID, does for less than 100 ns a task.');
}

function cards(list, all) {
  while (list.children.length > all.length) list.lastChild.remove();
  all.forEach((c, i) => {
    let d = list.children[i];
    if (!d) list.append(d = el('div', '', el('dt'), el('dd')));
    d.className = c.cls || (c.bad ? 'bad' : '');
    say(d.firstChild, c.name);
    say(d.lastChild, c.value);
  });
}

function drawFindings(all) {
  const box = $('findings');
  box.hidden = all.length === 0;
  while (box.children.length > Math.min(all.length, 20)) box.lastChild.remove();
  all.slice(0, 20).forEach((f, i) => {
    let d = box.children[i];
    if (!d) box.append(d = el('div', 'finding', el('b'), el('span')));
    say(d.firstChild, f.kind);
    say(d.lastChild, f.text);
  });
}

function drawEnded(all) {
  const box = $('ended').querySelector('.scroll');
  $('ended').hidden = all.length === 0;
  const rows = all.map(e => [e.name, e.state, e.error || '', brief(Math.round((e.lived_ns || 0) / 1e6)), brief(Math.round(e.ago_ns / 1e6)) + ' ago']);
  table(box, ['task', 'how', 'error', 'lived', 'when'], rows, 2);
}

// table writes rows under columns; the column long may take more lines, those of
// numbers are on the right.
function table(box, columns, rows, long) {
  let t = box.querySelector('table');
  if (!t) box.append(t = el('table', '', el('thead', '', el('tr')), el('tbody')));
  const numeric = columns.map((_, c) => rows.length > 0 && rows.every(r => /^[\d.,\u202f ]*( ?[a-zµ%/]+)*$/i.test(r[c]) && /^\d/.test(r[c] || '0')));
  t.tHead.rows[0].replaceChildren(...columns.map((c, i) => { const th = el('th', numeric[i] ? 'num' : '', c); th.scope = 'col'; return th; }));
  const body = t.tBodies[0];
  while (body.rows.length > rows.length) body.lastChild.remove();
  rows.forEach((r, i) => {
    const tr = body.rows[i] || body.insertRow();
    while (tr.cells.length < columns.length) tr.insertCell();
    r.forEach((text, c) => { tr.cells[c].className = c === long ? 'long' : numeric[c] ? 'num' : ''; say(tr.cells[c], text); });
  });
}

// ---- the program's own panel

const SVG = 'http://www.w3.org/2000/svg';
function svg(tag, attributes) {
  const e = document.createElementNS(SVG, tag);
  for (const a in attributes) e.setAttribute(a, attributes[a]);
  return e;
}

function drawPanel(p) {
  const box = $('panel');
  box.hidden = !p;
  if (!p) return;
  if (!box.firstChild) box.append(el('h2'), el('dl', 'cards'), el('div', 'charts'), el('div', 'tables'));
  const [title, list, charts, tables] = box.children;
  say(title, p.title);
  cards(list, p.cards || []);
  charts.replaceChildren(...(p.charts || []).map(chart));
  (p.tables || []).forEach((t, i) => {
    let d = tables.children[i];
    if (!d) tables.append(d = el('div', 'scroll', el('h3'), el('p', 'quiet')));
    say(d.children[0], t.title);
    say(d.children[1], t.empty || '');
    d.children[1].hidden = (t.rows || []).length > 0;
    table(d, t.columns, t.rows || [], -1);
    d.querySelector('table').hidden = (t.rows || []).length === 0;
  });
}

const W = 300, H = 100;
function chart(c) {
  const top = Math.max(...c.series.flatMap(s => s.points || []), 0);
  const high = nice(top);
  const now = c.series.map(s => c.every ? (s.points || []).at(-1) ?? 0 : 0);
  const about = c.every ? c.series.map((s, i) => `${s.name} ${short(now[i])}`).join(' · ') + (c.unit ? ' ' + c.unit : '') : '';
  const s = svg('svg', { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'none', role: 'img' });
  s.setAttribute('aria-label', `${c.title}: ${about || 'at most ' + short(top) + ' ' + (c.unit || '')}`);
  for (const y of [0, H / 2, H]) s.append(svg('line', { class: 'grid', x1: 0, x2: W, y1: y, y2: y }));
  if (c.every) c.series.forEach((x, i) => s.append(...line(x, high, x.bad ? 'bad' : i ? 'second' : '')));
  else s.append(...bars(c, high));
  const ticks = c.every
    ? ['−' + brief(((c.series[0].points || []).length - 1) * c.every * 1000), `0 … ${short(high)}`, 'now']
    : [c.labels?.[0] || '', `0 … ${short(high)} ${c.unit || ''}`, c.labels?.at(-1) || ''];
  return el('figure', '', el('figcaption', '', el('b', '', c.title), about), s, el('div', 'ticks', ...ticks.map(t => el('span', '', t))));
}

function line(x, high, cls) {
  const n = Math.max((x.points || []).length - 1, 1);
  const at = (x.points || []).map((v, i) => `${(i * W / n).toFixed(1)},${(H - v / high * H).toFixed(1)}`);
  if (at.length === 0) return [];
  return [svg('polygon', { class: 'area ' + cls, points: `0,${H} ${at.join(' ')} ${W},${H}` }), svg('polyline', { class: 'line ' + cls, points: at.join(' ') })];
}

function bars(c, high) {
  const points = c.series[0]?.points || [], w = W / Math.max(points.length, 1);
  return points.map((v, i) => {
    const b = svg('rect', { class: 'bar', x: (i * w + w * .08).toFixed(2), width: (w * .84).toFixed(2), y: (H - v / high * H).toFixed(2), height: (v / high * H).toFixed(2), rx: 1 });
    const t = svg('title', {});
    t.textContent = `${c.labels?.[i] || ''}: ${short(v)} ${c.unit || ''}`;
    b.append(t);
    return b;
  });
}

function nice(x) {
  if (x <= 0) return 1;
  const p = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 2.5, 5, 10].map(f => f * p).find(v => v >= x);
}
const short = x => x >= 1e6 ? (x / 1e6).toFixed(1) + 'M' : x >= 1e4 ? (x / 1e3).toFixed(1) + 'k' : x >= 100 || Number.isInteger(x) ? x.toFixed(0) : x.toFixed(1);

// ---- the tree

// isFolded: what the user said counts; else large and deep things are folded.
function isFolded(r) {
  if (folded.has(r.k)) return folded.get(r.k);
  return last.tree.length > 400 && r.d >= 2;
}

function drawTree() {
  const rows = last.tree || [];
  shown = [];
  let hide = Infinity;
  for (const r of rows) {
    if (r.d > hide) continue;
    hide = Infinity;
    shown.push(r);
    if (r.c && isFolded(r)) hide = r.d;
  }
  const tree = $('tree');
  $('nothing').hidden = rows.length > 0;
  say($('nothing'), $('filter').value ? 'Nothing that runs is like that.' : 'Nothing runs.');
  while (tree.children.length > shown.length) tree.lastChild.remove();
  if (!shown.some(r => !r.m && r.k === active)) active = shown[0]?.k || '';
  shown.forEach((r, i) => drawRow(tree.children[i] || tree.appendChild(newRow()), r, i));
  tree.setAttribute('aria-activedescendant', shown.length ? 'row-' + shown.findIndex(r => r.k === active) : '');
}

function newRow() {
  const e = el('div', 'row', el('span', 'caret'), el('span', 'name'), el('span', 'count'), el('span', 'does'), el('span', 'for'), el('span', 'where'));
  e.setAttribute('role', 'treeitem');
  return e;
}

function drawRow(e, r, i) {
  const [caret, name, count, does, long, where] = e.children;
  e.id = 'row-' + i;
  e.style.setProperty('--d', r.d);
  e.setAttribute('aria-level', r.d + 1);
  if (r.m) {
    e.className = 'row more';
    [caret, count, does, long, where].forEach(x => say(x, ''));
    count.hidden = does.hidden = true;
    say(name, `… ${number(r.m)} more: filter to see them`);
    e.removeAttribute('aria-expanded');
    return;
  }
  e.className = `row ${r.s}${r.b ? ' hot' : ''}${r.k === active ? ' on' : ''}`;
  e.setAttribute('aria-selected', r.k === active);
  if (r.c) e.setAttribute('aria-expanded', !isFolded(r)); else e.removeAttribute('aria-expanded');
  say(caret, r.c ? (isFolded(r) ? '▶' : '▼') : '');
  say(name, r.l);
  count.hidden = r.n < 2;
  does.hidden = false;
  say(count, '×' + number(r.n));
  say(does, r.w);
  say(long, brief(r.t));
  say(where, r.p || '');
}

function fold(r, yes) {
  if (!r || !r.c) return;
  folded.set(r.k, yes);
  drawTree();
}

function choose(r) {
  if (!r || r.m) return;
  active = r.k;
  drawTree();
}

// reachable is the row at j, or the next one that way, or else the other way, that is
// not a number of others.
function reachable(j, way) {
  const next = w => { let k = j; while (shown[k]?.m) k += w; return shown[k]; };
  return next(way) || next(-way);
}

$('tree').addEventListener('click', e => {
  const row = e.target.closest('.row');
  const r = row && shown[[...$('tree').children].indexOf(row)];
  if (!r) return;
  choose(r);
  if (e.target.classList.contains('caret')) fold(r, !isFolded(r));
  else if (!r.m) details(r);
});

$('tree').addEventListener('keydown', e => {
  const i = shown.findIndex(r => r.k === active), r = shown[i];
  const go = j => {
    choose(reachable(Math.max(0, Math.min(shown.length - 1, j)), j < i ? -1 : 1));
    $('row-' + shown.findIndex(x => x.k === active))?.scrollIntoView({ block: 'nearest' });
  };
  const keys = {
    ArrowDown: () => go(i + 1), ArrowUp: () => go(i - 1), Home: () => go(0), End: () => go(shown.length - 1), PageDown: () => go(i + 20), PageUp: () => go(i - 20),
    ArrowRight: () => r?.c && isFolded(r) ? fold(r, false) : go(i + 1),
    ArrowLeft: () => { if (r?.c && !isFolded(r)) return fold(r, true); for (let j = i - 1; j >= 0; j--) if (shown[j].d < r.d) return go(j); },
    Enter: () => r && details(r), ' ': () => fold(r, !isFolded(r)),
  };
  if (keys[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { keys[e.key](); e.preventDefault(); }
});

// ---- details

async function ask(path) {
  const r = await fetch(path);
  if (!r.ok) throw new Error((await r.text()).trim());
  return r.json();
}

async function details(r) {
  chosen = r;
  const box = $('details');
  const close = el('button', '', 'Close');
  close.type = 'button';
  close.title = 'Esc';
  close.addEventListener('click', closeDetails);
  const body = el('div', '', el('p', 'quiet', 'asking …'));
  box.replaceChildren(el('div', 'top', el('h2', '', r.n > 1 ? `${r.l} ×${number(r.n)}` : r.l), close), body);
  box.hidden = false;
  document.body.classList.add('open');
  try {
    const one = el('div', '');
    if (r.n > 1) {
      const group = await ask('group?key=' + encodeURIComponent(r.k));
      if (chosen !== r) return;
      const list = el('ul', '', ...group.tasks.map(t => member(t, one)));
      list.setAttribute('aria-label', 'tasks');
      const more = group.count - group.tasks.length;
      body.replaceChildren(el('h3', '', `${number(group.count)} tasks` + (more > 0 ? `, the first ${number(group.tasks.length)}` : '')), list, one);
      await task(group.tasks[0].id, one);
    } else {
      await task(r.i, one);
      body.replaceChildren(one);
    }
  } catch (err) {
    body.replaceChildren(el('p', 'quiet', err.message));
  }
}

function member(t, one) {
  const b = el('button', '', el('span', '', t.name), el('span', 'quiet', brief(Math.round((t.wait_ns || t.age_ns || 0) / 1e6))));
  b.type = 'button';
  b.addEventListener('click', () => task(t.id, one).then(() => {
    for (const x of b.closest('ul').querySelectorAll('button')) x.setAttribute('aria-current', x === b);
  }));
  return el('li', '', b);
}

async function task(id, box) {
  let t;
  try { t = await ask('task?id=' + id); } catch (err) { box.replaceChildren(el('p', 'quiet', err.message)); return; }
  const list = el('dl', '');
  const line = (name, value) => value && list.append(el('dt', '', name), el('dd', '', String(value)));
  const ago = ns => ns && brief(Math.max(1, Math.round(ns / 1e6)));
  line('name', t.name);
  line('number', t.id);
  line('kind', t.kind + (t.service ? ', a service' : ''));
  line('does', t.doing);
  line('for', t.waiting && ago(t.wait_ns));
  line('age', ago(t.age_ns));
  line('deadline in', ago(t.deadline_ns));
  line('cause', t.cause);
  line('function', t.func);
  line('where', t.file && t.file + ':' + t.line);
  line('started at', t.creator);
  box.replaceChildren(list);
  if (t.stack) {
    const pre = el('pre', '', t.stack);
    pre.tabIndex = 0;
    box.append(el('h3', '', t.own ? 'Its stack' : 'Who is in that function'), pre);
    if (!t.own) box.append(el('p', 'quiet', 'At level 2 a task has a stack of its own.'));
  }
}

function closeDetails() {
  chosen = null;
  $('details').hidden = true;
  document.body.classList.remove('open');
  $('tree').focus();
}

// ---- the tools

function pause() {
  paused = !paused;
  $('pause').setAttribute('aria-pressed', paused);
  say($('pause'), paused ? 'Go on' : 'Pause');
  light('live', 'live');
}

let typing = 0;
$('filter').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(connect, 200); });
$('filter').addEventListener('keydown', e => {
  if (e.key === 'Escape') { $('filter').value = ''; connect(); }
  if (e.key === 'Escape' || e.key === 'Enter' || e.key === 'ArrowDown') { $('tree').focus(); e.preventDefault(); e.stopPropagation(); }
});
$('pause').addEventListener('click', pause);
$('fold').addEventListener('click', () => { last?.tree.forEach(r => r.c && folded.set(r.k, true)); last && drawTree(); });
$('unfold').addEventListener('click', () => { last?.tree.forEach(r => r.c && folded.set(r.k, false)); last && drawTree(); });
$('theme').addEventListener('click', () => {
  const dark = (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  theme(dark ? 'light' : 'dark');
  try { localStorage.setItem('inflight-theme', document.documentElement.dataset.theme); } catch { /* not kept */ }
});
function theme(t) { if (t === 'light' || t === 'dark') document.documentElement.dataset.theme = t; }
try { theme(localStorage.getItem('inflight-theme')); } catch { /* none kept */ }

document.addEventListener('keydown', e => {
  if (e.target.tagName === 'INPUT' || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === '/') { $('filter').focus(); e.preventDefault(); }
  if (e.key === 'p') pause();
  if (e.key === 'Escape' && chosen) closeDetails();
});

connect();

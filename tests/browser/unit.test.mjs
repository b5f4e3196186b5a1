/* The parts that need no browser: queue and reconnect under a false clock, words, sizes. */
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { backoff, createConnection, idMaker } from '../../web-widget/widget/connection.js';
import { isInputMethodKey, isSendInput, isSendKey } from '../../web-widget/widget/ime.js';
import { strings } from '../../web-widget/widget/strings.js';

globalThis.crypto ??= webcrypto; /* Debian 12's Node.js 18 has it by that name alone */

function falseClock() {
  let now = 0;
  let timers = [];
  return {
    setTimeout(fn, ms) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return timer;
    },
    clearTimeout(timer) {
      timers = timers.filter((other) => other !== timer);
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const due = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers = timers.filter((other) => other !== due);
        now = due.at;
        due.fn();
      }
      now = end;
    },
    pending: () => timers.length,
  };
}

/* A connection over links that the test holds in its hands. */
function rig() {
  const clock = falseClock();
  const links = [];
  const got = [];
  const states = [];
  const connection = createConnection({
    dial(handlers) {
      const link = { handlers, sent: [], closed: false };
      link.send = (object) => link.sent.push(object);
      link.close = () => (link.closed = true);
      links.push(link);
      return link;
    },
    hello: () => ({ type: 'hello' }),
    onMessage: (message, request) => got.push([message, request?.message.id ?? null]),
    onState: (state, ms) => states.push([state, ms]),
    clock,
    random: () => 0.5,
  });
  const greet = () => {
    const link = links.at(-1);
    link.handlers.open();
    link.handlers.message({ type: 'welcome' });
    return link;
  };
  return { clock, links, got, states, connection, greet };
}

test('nothing is asked before the welcome, then one at a time', () => {
  const { connection, greet, links } = rig();
  connection.send({ type: 'ask', id: 'a' });
  connection.send({ type: 'ask', id: 'b' });
  links[0].handlers.open();
  assert.deepEqual(links[0].sent, [{ type: 'hello' }]);
  const link = greet();
  const ids = () => link.sent.filter((m) => m.type === 'ask').map((m) => m.id);
  assert.deepEqual(ids(), ['a']);
  link.handlers.message({ type: 'reply', id: 'a' });
  assert.deepEqual(ids(), ['a', 'b']);
});

test('a hundred breaks in the worst moments: each id is answered exactly once', () => {
  const { connection, clock, got, greet, links } = rig();
  for (let i = 0; i < 100; i += 1) {
    connection.send({ type: 'ask', id: `q${i}` });
    if (!links.at(-1).greeted) greet().greeted = true;
    const link = links.at(-1);
    if (i % 3 === 0) link.handlers.message({ type: 'reply', id: `q${i}` });
    link.handlers.close(i % 2 ? 1006 : 1001);
    link.handlers.message({ type: 'reply', id: `q${i}` }); /* too late: this link is gone */
    clock.pass(40000);
    greet().greeted = true;
    links.at(-1).handlers.message({ type: 'reply', id: `q${i}` });
  }
  const answered = got.filter(([m]) => m.type === 'reply').map(([m]) => m.id);
  assert.deepEqual(answered, Array.from({ length: 100 }, (_, i) => `q${i}`));
});

test('a daemon that says nothing is given up, for the welcome and for the reply', () => {
  const { connection, clock, greet, links } = rig();
  connection.wake();
  clock.pass(10000);
  assert.ok(links[0].closed);
  clock.pass(30000);
  assert.ok(links.length > 1);
  connection.send({ type: 'ask', id: 'a' });
  const link = greet();
  clock.pass(20000);
  assert.ok(link.closed);
  clock.pass(1000);
  assert.deepEqual(greet().sent.at(-1), { type: 'ask', id: 'a' });
});

test('busy is tried again five times, then told', () => {
  const { connection, clock, got, greet } = rig();
  connection.send({ type: 'ask', id: 'a' });
  const link = greet();
  for (let i = 0; i < 6; i += 1) {
    link.handlers.message({ type: 'error', id: 'a', code: 'busy' });
    clock.pass(5000);
  }
  assert.equal(link.sent.filter((m) => m.id === 'a').length, 6);
  assert.equal(got.at(-1)[0].code, 'busy');
});

test('rest gives the connection back, but not while a question waits; close stops the clock', () => {
  const { connection, clock, greet } = rig();
  connection.send({ type: 'ask', id: 'a' });
  const link = greet();
  assert.equal(connection.rest(), false);
  link.handlers.message({ type: 'reply', id: 'a' });
  assert.equal(connection.rest(), true);
  assert.ok(link.closed);
  connection.wake();
  connection.close();
  assert.equal(clock.pending(), 0);
});

test('backoff: full jitter between nothing and 0.5 s · 2ⁿ, never above 30 s', () => {
  const mean = (attempt) => {
    let sum = 0;
    for (let i = 0; i < 20000; i += 1) sum += backoff(attempt);
    return sum / 20000;
  };
  assert.ok(Math.abs(mean(0) - 250) < 15);
  assert.ok(Math.abs(mean(3) - 2000) < 120);
  assert.ok(Math.abs(mean(50) - 15000) < 900);
  assert.equal(backoff(50, () => 1), 30000);
});

test('ids differ, also between pages, and fit', () => {
  const [a, b] = [idMaker(), idMaker()];
  const ids = new Set();
  for (let i = 0; i < 1000; i += 1) ids.add(a()).add(b());
  assert.equal(ids.size, 2000);
  for (const id of ids) assert.ok(id.length <= 64);
});

test('which Enter sends', () => {
  const enter = { key: 'Enter', keyCode: 13, isComposing: false };
  for (const [name, event, sends] of [
    ['plain', enter, true],
    ['composing', { ...enter, isComposing: true }, false],
    ['Safari, after the composition', { ...enter, keyCode: 229 }, false],
    ['Process', { key: 'Process', keyCode: 229, isComposing: true }, false],
    ['held down', { ...enter, repeat: true }, false],
    ['with Shift', { ...enter, shiftKey: true }, false],
    ['with Ctrl', { ...enter, ctrlKey: true }, false],
  ]) {
    assert.equal(isSendKey(event), sends, name);
  }
  assert.ok(isInputMethodKey({ key: 'Escape', keyCode: 229 }));
});

test("a send key of an on-screen keyboard is a line break without Enter; Safari's confirming is not", () => {
  const input = { inputType: 'insertLineBreak', isComposing: false };
  const android = { key: 'Unidentified', keyCode: 229, shiftKey: false };
  assert.ok(isSendInput(input, android));
  assert.ok(!isSendInput({ ...input, isComposing: true }, android));
  assert.ok(!isSendInput(input, { key: 'Enter', keyCode: 13, shiftKey: true }));
  assert.ok(!isSendInput({ ...input, inputType: 'insertText' }, android));
  assert.ok(!isSendInput(input, null));
});

test('an answer that is late is told as silence, once, and taken back when it comes', () => {
  const { connection, clock, greet, states } = rig();
  connection.send({ type: 'ask', id: 'a' });
  const link = greet();
  clock.pass(1900);
  assert.ok(!states.some(([name]) => name === 'silent'));
  clock.pass(200);
  assert.equal(states.at(-1)[0], 'silent');
  link.handlers.message({ type: 'reply', id: 'a' });
  assert.equal(states.at(-1)[0], 'online');
});

test('what waits can be taken back, what is on its way cannot', () => {
  const { connection, greet } = rig();
  connection.send({ type: 'ask', id: 'a' });
  connection.send({ type: 'ask', id: 'b' });
  const link = greet();
  assert.equal(connection.drop('a'), false);
  assert.equal(connection.drop('b'), true);
  link.handlers.message({ type: 'reply', id: 'a' });
  assert.deepEqual(link.sent.filter((m) => m.type === 'ask').map((m) => m.id), ['a']);
});

test('suggestions go beside the queue; only the newest request is answered', () => {
  const { connection, greet, got } = rig();
  connection.wake();
  const link = greet();
  const seen = [];
  connection.peek({ type: 'suggest', id: 's1' }, (items) => seen.push(['s1', items]));
  connection.peek({ type: 'suggest', id: 's2' }, (items) => seen.push(['s2', items]));
  link.handlers.message({ type: 'suggestions', id: 's1', items: [1] });
  link.handlers.message({ type: 'suggestions', id: 's2', items: [2] });
  assert.deepEqual(seen, [['s2', [2]]]);
  assert.equal(got.length, 1, 'the welcome alone');
});

test('both languages have the same words', () => {
  const shape = (object) =>
    Object.entries(object)
      .map(([key, value]) => (typeof value === 'object' ? [key, shape(value)] : [key, typeof value]))
      .sort();
  assert.deepEqual(shape(strings.en), shape(strings.ja));
});

test('no markup from strings, and every Enter is judged in ime.js', async () => {
  const dir = new URL('../../web-widget/', import.meta.url);
  const modules = (await readdir(new URL('widget/', dir))).filter((name) => name.endsWith('.js'));
  for (const name of ['widget.js', ...modules.map((module) => `widget/${module}`)]) {
    const text = await readFile(new URL(name, dir), 'utf8');
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
    assert.doesNotMatch(
      code,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser/,
      name,
    );
    if (name !== 'widget/ime.js') assert.doesNotMatch(code, /['"]Enter['"]/, name);
  }
});

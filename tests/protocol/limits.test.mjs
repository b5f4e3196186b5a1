/* How much one visitor, one address and all together may ask of the daemon. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  PING, PONG, TEXT, bare, connect, frame, nextText, post, request, sleep,
  startDaemon, upgraded,
} from './kit.mjs';

const with_ = (settings, more = {}) =>
  startDaemon({
    limits: true,
    args: Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...more,
  });
const ask = (id) => JSON.stringify({ type: 'ask', id, text: '料金は' });

test('beyond the burst each message is refused, with its id and how long to wait', async () => {
  const daemon = await with_({ 'limits.message_burst': 5, 'limits.messages_per_second': 2 });
  const talk = await connect(daemon);
  for (let i = 0; i < 8; i++) talk.send({ type: 'ask', id: `m${i}`, text: '料金は' });
  const answers = [];
  for (let i = 0; i < 8; i++) answers.push(await talk.next());
  assert.deepEqual(answers.map((a) => a.id), Array.from({ length: 8 }, (_, i) => `m${i}`));
  assert.deepEqual(answers.map((a) => a.type === 'reply'), [1, 1, 1, 1, 1, 0, 0, 0].map(Boolean));
  for (const refused of answers.slice(5)) {
    assert.equal(refused.code, 'rate_limited');
    assert.ok(refused.retry_after_ms > 0 && refused.retry_after_ms <= 500, refused.retry_after_ms);
  }
  await sleep(answers[7].retry_after_ms + 20);
  assert.equal((await talk.ask('again', '料金は')).type, 'reply', 'as promised');
  /* Another connection has its own. */
  const other = await connect(daemon);
  assert.equal((await other.ask('o', '料金は')).type, 'reply');
  await talk.end();
  await other.end();
  await daemon.stop();
});

test('whoever goes on far beyond is closed with 1008, and nobody else is', async () => {
  const daemon = await with_({});
  const calm = await connect(daemon);
  const flood = await connect(daemon);
  const timer = setInterval(() => {
    for (let i = 0; i < 50; i++) flood.send({ type: 'ask', text: '料金は' });
  }, 5);
  assert.equal((await flood.closed).code, 1008);
  clearInterval(timer);
  assert.ok(flood.received.some((m) => m.code === 'rate_limited'));
  assert.equal((await calm.ask('c', '料金は')).type, 'reply');
  await calm.end();
  await daemon.stop();
});

test('twice the allowed rate is slowed down, not closed', async () => {
  const daemon = await with_({ 'limits.message_burst': 10, 'limits.messages_per_second': 50 });
  const talk = await connect(daemon);
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < 2000) {
    talk.send({ type: 'ask', id: `${(sent += 1)}`, text: '料金は' });
    await sleep(10);
  }
  for (let i = 0; i < sent; i++) await talk.next();
  const replies = talk.received.filter((m) => m.type === 'reply').length;
  assert.ok(replies > 60 && replies < sent, `${replies} of ${sent}`);
  await talk.end();
  await daemon.stop();
});

test('POST is limited by address: 429 with Retry-After', async () => {
  const daemon = await with_({ 'limits.message_burst': 3, 'limits.messages_per_second': 1 });
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await post(daemon, { id: `p${i}`, text: '料金は' }));
  assert.deepEqual(answers.map((a) => a.status), [200, 200, 200, 429, 429]);
  assert.equal(answers[4].json.code, 'rate_limited');
  assert.equal(answers[4].json.id, 'p4');
  assert.ok(Number(answers[4].headers.get('retry-after')) >= 1);
  await daemon.stop();
});

test('X-Forwarded-For of a stranger changes nothing', async () => {
  const daemon = await with_({ 'limits.message_burst': 3, 'limits.messages_per_second': 1 });
  const statuses = [];
  for (let i = 0; i < 6; i++) {
    const headers = { 'X-Forwarded-For': `192.0.2.${i}` };
    statuses.push((await post(daemon, { text: '料金は' }, headers)).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
  await daemon.stop();
});

test('X-Forwarded-For of a trusted proxy counts, its last hop alone', async () => {
  const daemon = await with_({
    trusted_proxies: '127.0.0.1, 10.0.0.0/8',
    'limits.message_burst': 2,
    'limits.messages_per_second': 1,
  });
  const ask = async (forwarded) =>
    (await post(daemon, { text: '料金は' }, { 'X-Forwarded-For': forwarded })).status;
  assert.equal(await ask('192.0.2.1'), 200);
  assert.equal(await ask('198.51.100.7, 192.0.2.1'), 200);
  assert.equal(await ask('forged, 192.0.2.1, 10.1.2.3'), 429, 'what stands before is not believed');
  assert.equal(await ask('192.0.2.2'), 200, 'another visitor');
  assert.equal(await ask('2001:db8::1'), 200);
  assert.equal(await ask('2001:db8::2'), 200);
  assert.equal(await ask('2001:db8::3'), 429, 'one network of IPv6 is one visitor');
  await daemon.stop();
});

test('connections of one address are limited, and a place becomes free', async () => {
  const daemon = await with_({ 'limits.connections_per_address': 3 });
  const talks = [await connect(daemon), await connect(daemon), await connect(daemon)];
  await assert.rejects(connect(daemon));
  await talks.pop().end();
  let fourth = null;
  while (fourth === null) fourth = await connect(daemon).catch(() => null);
  assert.equal((await fourth.ask('x', '料金は')).type, 'reply');
  for (const talk of [...talks, fourth]) await talk.end();
  await daemon.stop();
});

test('behind a trusted proxy connections are limited by the visitor', async () => {
  const daemon = await with_({ 'limits.connections_per_address': 2, trusted_proxies: '127.0.0.1' });
  const open = (address) => connect(daemon, { headers: { 'X-Forwarded-For': address } });
  const talks = [await open('192.0.2.1'), await open('192.0.2.1'), await open('192.0.2.2')];
  await assert.rejects(open('192.0.2.1'), /429/);
  talks.push(await open('192.0.2.2'), await open('192.0.2.3'));
  /* Proxies add to what they are sent. */
  const long = (times) => '198.51.100.7, '.repeat(times) + '192.0.2.2';
  await assert.rejects(open(long(60)), /429/);
  await assert.rejects(open(long(200)), /429/);
  for (const talk of talks) await talk.end();
  await daemon.stop();
});

test('a rate of next to nothing lets no more than the burst pass', async () => {
  const daemon = await with_({ 'limits.message_burst': 2, 'limits.messages_per_second': '1e-300' });
  const talk = await connect(daemon);
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await talk.ask(`m${i}`, '料金は'));
  assert.deepEqual(answers.map((a) => a.type), ['reply', 'reply', 'error', 'error']);
  assert.ok(answers[3].retry_after_ms > 0);
  await talk.end();
  await daemon.stop();
});

test('at the limit of all connections the old ones are served and new ones are refused', async () => {
  const daemon = await with_({ 'limits.connections': 20, 'limits.connections_per_address': 0 });
  const talks = await Promise.all(Array.from({ length: 20 }, () => connect(daemon)));
  const used = () => {
    const stat = readFileSync(`/proc/${daemon.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(stat[11]) + Number(stat[12]); /* ticks of 10 ms */
  };
  for (let i = 0; i < 200; i++) {
    const socket = bare(daemon.port);
    await socket.ended();
  }
  const before = used();
  await sleep(1000);
  assert.ok(used() - before <= 20, 'it does not spin');
  for (const [i, talk] of talks.entries()) {
    assert.equal((await talk.ask(`${i}`, '料金は')).type, 'reply');
  }
  assert.ok(daemon.stderr.match(/connections-refused/g).length <= 2, 'one line, not one each');
  await talks.pop().end();
  let next = null;
  while (next === null) next = await connect(daemon).catch(() => null);
  await next.end();
  for (const talk of talks) await talk.end();
  await daemon.stop();
});

/* --- time --- */

test('a quiet visitor is pinged at half the limit, and stays while he answers', async () => {
  const daemon = await with_({ 'limits.idle_timeout_ms': 600 });
  const talk = await connect(daemon);
  let pings = 0;
  const times = [Date.now()];
  const enough = new Promise((resolve) =>
    talk.socket.on('ping', () => {
      times.push(Date.now());
      if ((pings += 1) === 4) resolve();
    }),
  );
  await enough;
  const gap = (times[4] - times[0]) / 4;
  assert.ok(gap >= 280 && gap < 600, `${gap} ms`);
  assert.equal((await talk.ask('still', '料金は')).type, 'reply');
  await talk.end();
  await daemon.stop();
});

test('whoever does not answer a ping is let go, and so is a message that never ends', async () => {
  const daemon = await with_({ 'limits.idle_timeout_ms': 500 });
  const silent = await upgraded(daemon);
  const began = Date.now();
  assert.equal((await silent.frame()).opcode, PING);
  await silent.ended();
  assert.ok(Date.now() - began < 5000);

  const endless = await upgraded(daemon);
  let live = true;
  endless.write(frame(TEXT, '{', { fin: false }));
  const drip = setInterval(() => live && endless.write(frame(0, ' ', { fin: false })), 50);
  const pong = setInterval(() => live && endless.write(frame(PONG, '')), 100);
  await endless.ended();
  live = false;
  clearInterval(drip);
  clearInterval(pong);
  await daemon.stop();
});

test('silent, stopped and dripping handshakes are cut, and others are served beside them', async () => {
  const daemon = await with_({ 'limits.connections_per_address': 0 });
  const crowd = Array.from({ length: 120 }, (_, i) => {
    const socket = bare(daemon.port);
    if (i % 3 === 1) socket.write('GET /ws HTTP/1.1\r\nHost: x\r\n');
    return socket;
  });
  let live = true;
  const drip = setInterval(() => {
    for (let i = 2; live && i < crowd.length; i += 3) crowd[i].write('x');
  }, 500);
  const began = Date.now();
  let worst = 0;
  const beside = (async () => {
    while (live) {
      const from = Date.now();
      assert.equal((await post(daemon, { type: 'suggest', id: 's', text: '料' })).status, 200);
      worst = Math.max(worst, Date.now() - from);
      await sleep(250);
    }
  })();
  await Promise.all(crowd.map((socket) => socket.ended()));
  live = false;
  clearInterval(drip);
  await beside;
  assert.ok(Date.now() - began < 15000, `${Date.now() - began} ms`);
  assert.ok(worst < 500, `${worst} ms`);
  await daemon.stop();
});

test('silent connections are cut even if nothing else ever happens', async () => {
  const daemon = await with_({});
  const sockets = Array.from({ length: 5 }, () => bare(daemon.port));
  const began = Date.now();
  await Promise.all(sockets.map((socket) => socket.ended()));
  assert.ok(Date.now() - began < 15000);
  await daemon.stop();
});

test('a body that drips is cut, a stopped one too', async () => {
  const daemon = await with_({});
  const head = request('POST /ask HTTP/1.1', {
    Host: 'x', 'Content-Type': 'application/json', 'Content-Length': 1000,
  });
  const stopped = bare(daemon.port);
  stopped.write(`${head}{`);
  const dripping = bare(daemon.port);
  dripping.write(head);
  const drip = setInterval(() => dripping.write(' '), 500);
  const began = Date.now();
  await Promise.all([stopped.ended(), dripping.ended()]);
  clearInterval(drip);
  assert.ok(Date.now() - began < 20000);
  await daemon.stop();
});

test('a reader who takes nothing costs little, and others do not notice', async () => {
  const daemon = await startDaemon();
  const memory = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'))[1]);
  const calm = await connect(daemon);
  await calm.ask('warm', '料金は');
  const before = memory();
  const deaf = await upgraded(daemon);
  deaf.socket.pause();
  /* Writes as long as the daemon reads; it must stop when its answers are not taken. */
  const message = frame(TEXT, ask('deaf'));
  const many = Buffer.concat(Array.from({ length: 200 }, () => message));
  let stuck = false;
  for (let i = 0; i < 2000 && !stuck; i++) {
    if (!deaf.write(many)) {
      stuck = await Promise.race([
        new Promise((resolve) => deaf.socket.once('drain', () => resolve(false))),
        sleep(1500).then(() => true),
      ]);
    }
  }
  assert.ok(stuck, 'the daemon stops reading');
  assert.equal((await calm.ask('beside', '料金は')).type, 'reply');
  assert.ok(memory() - before < 64 * 1024, `${memory() - before} kB`);
  deaf.destroy();
  await calm.end();
  await daemon.stop();
});

test('an abused connection does not slow the others down', async () => {
  const daemon = await startDaemon();
  const talk = await connect(daemon);
  const pinger = await upgraded(daemon);
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(PING, 'x'.repeat(100))));
  let live = true;
  const timer = setInterval(() => live && pinger.write(pings), 5);
  let worst = 0;
  for (let i = 0; i < 20; i++) {
    const from = Date.now();
    assert.equal((await talk.ask(`${i}`, '料金は')).type, 'reply');
    worst = Math.max(worst, Date.now() - from);
  }
  live = false;
  clearInterval(timer);
  assert.ok(worst < 500, `${worst} ms`);
  pinger.destroy();
  await talk.end();
  await daemon.stop();
});

test('connections that come and go leave no descriptor behind', async () => {
  const daemon = await startDaemon();
  const { readdirSync } = await import('node:fs');
  const open = () => readdirSync(`/proc/${daemon.child.pid}/fd`).length;
  await (await connect(daemon)).end();
  const before = open();
  for (let round = 0; round < 10; round++) {
    const talks = await Promise.all(Array.from({ length: 50 }, () => connect(daemon)));
    for (const talk of talks) {
      if (round % 2) talk.socket.terminate();
      else talk.socket.close();
    }
    await Promise.all(talks.map((talk) => talk.closed));
  }
  while (open() > before) await sleep(20);
  const socket = await upgraded(daemon);
  socket.write(frame(TEXT, ask('end')));
  assert.equal((await nextText(socket)).id, 'end');
  socket.destroy();
  await daemon.stop();
});

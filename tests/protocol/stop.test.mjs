/* The end: by SIGTERM, while others are still talking, with a disk that does not move. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { bare, connect, post, request, sleep, startDaemon } from './kit.mjs';

/* Holds the database's write lock, as a broken tool or a stalled disk would. */
async function hold(daemon) {
  const child = spawn('sqlite3', [join(daemon.dir, 'x.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write("PRAGMA busy_timeout=5000;\nBEGIN IMMEDIATE;\nSELECT 'held';\n");
  await new Promise((resolve) =>
    child.stdout.on('data', (bytes) => String(bytes).includes('held') && resolve()),
  );
  return async () => {
    child.stdin.end('ROLLBACK;\n');
    await new Promise((resolve) => child.on('close', resolve));
  };
}

test('SIGTERM with open connections: 1001 to all, exit code 0', async () => {
  const daemon = await startDaemon();
  const talks = await Promise.all(Array.from({ length: 50 }, () => connect(daemon)));
  const idle = bare(daemon.port);
  idle.write(request('GET / HTTP/1.1', { Host: 'x' }));
  await idle.response();
  const began = Date.now();
  daemon.signal('SIGTERM');
  for (const talk of talks) assert.equal((await talk.closed).code, 1001);
  await idle.ended();
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
  assert.ok(Date.now() - began < 5000);
});

test('SIGTERM while questions are on their way: each is answered or refused, all rows are there', async () => {
  const daemon = await startDaemon();
  const talks = await Promise.all(Array.from({ length: 100 }, () => connect(daemon)));
  for (const [i, talk] of talks.entries()) {
    for (let k = 0; k < 3; k++) talk.send({ type: 'ask', id: `${i}-${k}`, text: '料金は' });
  }
  daemon.signal('SIGTERM');
  const ends = await Promise.all(talks.map((talk) => talk.closed));
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
  const known = new Set(daemon.rows('SELECT id FROM questions').map((row) => String(row.id)));
  for (const [i, talk] of talks.entries()) {
    assert.equal(ends[i].code, 1001);
    for (const message of talk.received) {
      if (message.type === 'reply') assert.ok(known.has(message.question), message.question);
      else assert.equal(message.code, 'shutting_down');
    }
  }
  await daemon.stop({ keep: false });
});

test('SIGTERM while a question waits for the disk: it is answered first, and stored', async () => {
  const daemon = await startDaemon({ args: ['--set', 'log.max_wait_ms=5000'] });
  const talk = await connect(daemon);
  const letGo = await hold(daemon);
  talk.send({ type: 'ask', id: 'w', text: '料金は' });
  await sleep(200);
  assert.equal(talk.received.length, 0, 'not before its row is on disk');
  daemon.signal('SIGTERM');
  await daemon.says(/drain/);
  await letGo();
  const reply = await talk.next();
  assert.equal(reply.id, 'w');
  assert.match(reply.question, /^\d+$/);
  assert.equal((await talk.closed).code, 1001);
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
  assert.equal(daemon.rows('SELECT count(*) AS n FROM questions')[0].n, 1);
  await daemon.stop({ keep: false });
});

test('nobody new is let in, and a visitor who does not go does not hold us up', async () => {
  const daemon = await startDaemon();
  const deaf = await connect(daemon);
  deaf.socket._socket.pause();
  const began = Date.now();
  daemon.signal('SIGTERM');
  await daemon.says(/drain/);
  await assert.rejects(connect(daemon));
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
  assert.ok(Date.now() - began < 10000, `${Date.now() - began} ms`);
  deaf.socket.terminate();
});

test('a second SIGTERM ends at once', async () => {
  const daemon = await startDaemon();
  const deaf = await connect(daemon);
  deaf.socket._socket.pause();
  daemon.signal('SIGTERM');
  await daemon.says(/drain/);
  const began = Date.now();
  daemon.signal('SIGTERM');
  await daemon.exited;
  assert.ok(Date.now() - began < 3000);
  deaf.socket.terminate();
});

test('while the disk does not move, visitors are answered without a number, and health says so', async () => {
  const daemon = await startDaemon({ args: ['--set', 'log.max_wait_ms=200'] });
  const talk = await connect(daemon);
  assert.match((await talk.ask('before', '料金は')).question, /^\d+$/);
  const letGo = await hold(daemon);
  const began = Date.now();
  const late = await talk.ask('late', '営業時間は');
  assert.equal(late.question, null);
  assert.equal(late.intent, 'hours');
  const took = Date.now() - began;
  assert.ok(took >= 190 && took < 1500, `${took} ms`);
  assert.equal((await post(daemon, { id: 'p', text: '料金は' })).json.question, null);
  const rated = await talk.say({ type: 'rate', id: 'r', question: '1', helpful: true });
  assert.equal(rated.code, 'busy');
  const health = await (await fetch(`${daemon.base}/healthz`)).json();
  assert.equal(health.status, 'degraded');
  await letGo();
  for (;;) {
    const { status } = await (await fetch(`${daemon.base}/healthz`)).json();
    if (status === 'ok') break;
    await sleep(20);
  }
  const texts = daemon.rows('SELECT text FROM questions').map((row) => row.text);
  assert.ok(texts.includes('営業時間は'), 'the row came later');
  assert.match((await talk.ask('after', '料金は')).question, /^\d+$/);
  /* Asked again, the late one is known by now. */
  assert.match((await talk.ask('late', '営業時間は')).question, /^\d+$/);
  await talk.end();
  await daemon.stop();
});

/* New content while serving: taken over whole, or not at all. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, sleep, startDaemon, topics, writeContent } from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

const health = async () => (await fetch(`${daemon.base}/healthz`)).json();
const until = async (test) => {
  for (;;) {
    const found = await health();
    if (test(found)) return found;
    await sleep(10);
  }
};
const finished = (h) => h.reload.done + h.reload.failed;
/* SIGHUP, and the health after it was handled. */
async function reload() {
  const before = finished(await health());
  daemon.signal('SIGHUP');
  return until((h) => finished(h) > before);
}
const priceIs = (yen) => ({ price: { ...topics.price, text: `月額は${yen}円です。` } });

test('changed content is answered on a connection that was open before', async () => {
  const talk = await connect(daemon);
  assert.match((await talk.ask('1', '料金は')).text, /100円/);
  const { revision } = await health();
  writeContent(daemon.content, { change: priceIs(200) });
  const after = await reload();
  assert.equal(after.status, 'ok');
  assert.notEqual(after.revision, revision);
  assert.match((await talk.ask('2', '料金は')).text, /200円/);
  const [row] = daemon.rows('SELECT revision FROM questions ORDER BY id DESC LIMIT 1');
  assert.equal(row.revision, after.revision);
  await talk.end();
});

test('a new topic is known, one that was removed is not', async () => {
  const talk = await connect(daemon);
  const extra = { title: '駐車場', keywords: ['駐車場'], text: '10台分あります。' };
  writeContent(daemon.content, { change: { ...priceIs(200), parking: extra } });
  assert.equal((await reload()).intents, 4);
  assert.equal((await talk.ask('p', '駐車場は')).intent, 'parking');
  rmSync(join(daemon.content, 'intents/parking.json'));
  rmSync(join(daemon.content, 'kb/parking.md'));
  assert.equal((await reload()).intents, 3);
  assert.notEqual((await talk.ask('q', '駐車場は')).intent, 'parking');
  await talk.end();
});

const broken = [
  ['JSON that is cut', 'intents/price.json', '{"keywords": ["料金"'],
  ['an unknown key', 'intents/price.json', '{"keyword": ["料金"]}'],
  ['a bad pattern', 'intents/price.json', '{"patterns": ["(料金"]}'],
  ['an answer without a heading', 'kb/price.md', ''],
  ['HTML in an answer', 'kb/price.md', '# 料金\n\n<script>x</script>\n'],
  ['an unknown file', 'kb/price.txt', 'x'],
  ['an answer for nobody', 'kb/nobody.md', '# 誰\n\nx\n'],
];
for (const [name, file, text] of broken) {
  test(`content with ${name} changes nothing, and is told with its file`, async () => {
    const before = await health();
    const talk = await connect(daemon);
    writeFileSync(join(daemon.content, file), text);
    const after = await reload();
    assert.equal(after.status, 'reload failed');
    assert.equal(after.revision, before.revision);
    assert.ok(after.reload.error.includes(file.split('/')[1]), after.reload.error);
    assert.ok(daemon.stderr.includes(file), 'on stderr');
    assert.match((await talk.ask('b', '料金は')).text, /200円/);
    rmSync(join(daemon.content, file));
    writeContent(daemon.content, { change: priceIs(200) });
    assert.equal((await reload()).status, 'ok');
    await talk.end();
  });
}

test('many signals at once become few builds, and the last state is served', async () => {
  const before = finished(await health());
  for (let yen = 301; yen <= 340; yen++) {
    writeContent(daemon.content, { change: priceIs(yen) });
    daemon.signal('SIGHUP');
  }
  const talk = await connect(daemon);
  for (let i = 0; ; i++) {
    if (/340円/.test((await talk.ask(`s${i}`, '料金は')).text)) break;
    await sleep(10);
  }
  assert.ok(finished(await health()) - before <= 41);
  await talk.end();
});

test('trained models are kept beside the database, and not more and more of them', async () => {
  const models = () => readdirSync(join(daemon.dir, 'x.db.cache')).filter((f) => /\.model$/.test(f));
  assert.ok(models().length >= 1);
  for (let i = 0; i < 10; i++) {
    const topic = { ...topics.price, title: `料金${i}` };
    writeContent(daemon.content, { change: { price: topic } });
    await reload();
  }
  /* A signal of before may still be building: its model is there before the oldest one goes. */
  for (let i = 0; i < 500 && models().length > 8; i++) await sleep(10);
  assert.ok(models().length <= 8, String(models().length));
  assert.equal(statSync(join(daemon.dir, 'x.db.cache')).mode & 0o777, 0o700);
});

test('under load no answer is lost, late or mixed, and no connection is closed', async () => {
  const talks = await Promise.all(Array.from({ length: 20 }, () => connect(daemon)));
  let live = true;
  let answered = 0;
  const load = talks.map(async (talk, t) => {
    for (let i = 0; live; i++) {
      const reply = await talk.ask(`${t}-${i}`, '料金は');
      assert.equal(reply?.id, `${t}-${i}`);
      /* Text and blocks are of one content. */
      assert.equal(reply.body[0].c[0], reply.text);
      answered += 1;
    }
  });
  for (let round = 0; round < 15; round++) {
    writeContent(daemon.content, { change: priceIs(400 + round) });
    await reload();
  }
  live = false;
  await Promise.all(load);
  assert.ok(answered > 100);
  for (const talk of talks) await talk.end();
});

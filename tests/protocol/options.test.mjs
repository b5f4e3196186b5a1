/* The command line: what is understood, what is refused, and how that is said. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, post, remove, runDaemon, startDaemon, temporary, writeContent } from './kit.mjs';

let dir;
before(() => {
  dir = temporary();
  writeContent(join(dir, 'content'));
});
after(() => remove(dir));

const plain = () => ['--content', join(dir, 'content'), '--listen', '127.0.0.1:0'];
const inDir = (name) => join(dir, name);
const config = (text) => {
  writeFileSync(inDir('faqd.conf'), text);
  return ['--config', inDir('faqd.conf')];
};

const refused = [
  ['an unknown flag', ['--lisen', 'x'], /--lisen.*--listen/],
  ['a key as a flag', ['--limits.connections', '5'], /--set limits\.connections/],
  ['a missing value', ['--listen'], /value is missing/],
  ['something else', ['serve'], /serve/],
  ['an unknown key', ['--set', 'limits.conections=5'], /limits\.conections.*limits\.connections/],
  ['no key=value', ['--set', 'origins'], /key=value/],
  ['a port too high', ['--listen', '127.0.0.1:70000'], /HOST:PORT/],
  ['no port', ['--listen', '127.0.0.1'], /HOST:PORT/],
  ['IPv6 without brackets', ['--listen', '::1:80'], /HOST:PORT/],
  ['a number that is none', ['--set', 'limits.connections=many'], /whole number/],
  ['a negative number', ['--set', 'limits.connections=-1'], /whole number/],
  ['a number with a unit', ['--set', 'limits.idle_timeout_ms=60s'], /whole number/],
  ['an empty number', ['--set', 'limits.message_burst='], /whole number/],
  ['a rate that is none', ['--set', 'limits.messages_per_second=nan'], /number/],
  ['a probability above 1', ['--set', 'match.answer_at=1.5'], /from 0 to 1/],
  ['a truth that is none', ['--set', 'origin_required=yes'], /true or false/],
  ['an origin with a path', ['--set', 'origins=https://a.example/'], /origin/],
  ['a proxy that is none', ['--set', 'trusted_proxies=10.0.0.0/40'], /trusted_proxies/],
  ['two workers', ['--workers', '2'], /one thread/],
  ['no workers', ['--workers', '0'], /whole number/],
  ['PostgreSQL', ['--store', 'postgresql://u:secret@h/d'], /^(?!.*secret).*SQLite/s],
  ['another store', ['--store', 'mysql:x'], /sqlite:PATH/],
  ['a store without a path', ['--store', 'sqlite:'], /sqlite:PATH/],
  ['a file that is not there', ['--config', '/nonexistent/faqd.conf'], /nonexistent/],
];
for (const [name, args, message] of refused) {
  test(`refused with exit code 2, ${name}`, async () => {
    const { code, stdout, stderr } = await runDaemon([...plain(), ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  });
}

test('mistakes in the file are told with their lines, all at once, exit code 2', async () => {
  const { code, stderr } = await runDaemon([
    ...plain(),
    ...config('# fine\nlimits.connections = 5\n\nlimits.conections = 6\nnonsense\nworkers = x\n'),
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /faqd\.conf:4: .*limits\.connections/);
  assert.match(stderr, /faqd\.conf:5: /);
  assert.match(stderr, /faqd\.conf:6: .*workers/);
});

test('--help shows every key and no PostgreSQL, exit code 0', async () => {
  const { code, stdout } = await runDaemon(['--help']);
  assert.equal(code, 0);
  for (const key of [
    'content', 'listen', 'store', 'workers', 'origins', 'origin_required', 'limits.connections',
    'limits.connections_per_address', 'limits.messages_per_second', 'limits.message_burst',
    'limits.idle_timeout_ms', 'trusted_proxies', 'admin.listen', 'cache.dir', 'log.max_wait_ms',
    'log.retention_days', 'match.answer_at', 'match.choose_at', '--config', '--set',
  ]) {
    assert.ok(stdout.includes(key), key);
  }
  assert.doesNotMatch(stdout, /postgres/i);
});

test('a flag wins over --set, --set over the file, and the last --set over the first', async () => {
  const args = [
    ...config(`\uFEFFlisten = 127.0.0.1:1\r\norigins = https://file.example # no comment\n`),
  ];
  /* A value goes to the end of its line: the mark is no comment there, and no origin. */
  assert.equal((await runDaemon([...plain(), ...args])).code, 2);

  const daemon = await startDaemon({
    args: [
      ...config('listen = 127.0.0.1:1\norigins = https://file.example\n'),
      '--set', 'origins=https://first.example', '--set', 'origins=https://last.example',
      '--set', 'listen=127.0.0.1:2',
    ],
  });
  const ask = (Origin) => post(daemon, { text: '料金は' }, { Origin });
  assert.equal((await ask('https://last.example')).status, 200);
  assert.equal((await ask('https://first.example')).status, 403);
  assert.equal((await ask('https://file.example')).status, 403);
  await daemon.stop();
});

test('the ready line is the only one on stdout, and the port is real', async () => {
  const daemon = await startDaemon();
  await (await connect(daemon)).end();
  assert.match(daemon.stdout, /^ready http=127\.0\.0\.1:[1-9]\d*\n$/);
  await daemon.stop();
  assert.match(daemon.stdout, /^ready .*\n$/);
});

test('IPv6 is possible', async () => {
  const daemon = await startDaemon({ listen: '[::1]:0' });
  assert.match(daemon.stdout, /^ready http=\[::1\]:\d+\n$/);
  assert.equal((await fetch(`http://[::1]:${daemon.port}/healthz`)).status, 200);
  await daemon.stop();
});

test('a port that is taken: exit code 1, and it is named', async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listen = `127.0.0.1:${server.address().port}`;
  const { code, stdout, stderr } = await runDaemon([
    '--content', inDir('content'), '--listen', listen, '--store', `sqlite:${inDir('y.db')}`,
  ]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.ok(stderr.includes(listen));
  await new Promise((resolve) => server.close(resolve));
});

test('content with mistakes, or none: exit code 1, with file and line', async () => {
  const broken = writeContent(inDir('broken'), { files: { 'intents/price.json': '{\n"keyword": []}' } });
  const found = await runDaemon([
    '--content', broken, '--listen', '127.0.0.1:0', '--store', `sqlite:${inDir('y.db')}`,
  ]);
  assert.equal(found.code, 1);
  assert.match(found.stderr, /intents\/price\.json:2: .*keywords/);
  const none = await runDaemon([
    '--content', inDir('nowhere'), '--listen', '127.0.0.1:0', '--store', `sqlite:${inDir('y.db')}`,
  ]);
  assert.equal(none.code, 1);
  assert.notEqual(none.stderr, '');
});

test('a store that cannot be opened: exit code 1, and it is left alone', async () => {
  mkdirSync(inDir('folder.db'), { recursive: true });
  writeFileSync(inDir('text.db'), 'this is no database, but somebody may need it'.repeat(100));
  for (const store of ['folder.db', 'text.db', 'no/such/folder/x.db']) {
    const { code, stderr } = await runDaemon([...plain(), '--store', `sqlite:${inDir(store)}`]);
    assert.equal(code, 1, store);
    assert.ok(stderr.includes(store), stderr);
  }
  assert.match(readFileSync(inDir('text.db'), 'utf8'), /^this is no database/);
});

test('a second daemon on the same database: exit code 1', async () => {
  const first = await startDaemon();
  const { code, stderr } = await runDaemon([
    '--content', first.content, '--listen', '127.0.0.1:0', '--store', `sqlite:${first.dir}/x.db`,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /x\.db/);
  assert.equal((await post(first, { text: '料金は' })).status, 200);
  await first.stop();
});

test('the key that signs dialogues lies beside the database, for its owner alone', async () => {
  const daemon = await startDaemon();
  const file = join(daemon.dir, 'x.db.key');
  assert.equal(statSync(file).size, 32);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const key = readFileSync(file);
  await daemon.stop({ keep: true });
  const again = await startDaemon({ dir: daemon.dir });
  assert.deepEqual(readFileSync(file), key);
  await again.stop({ keep: true });
  writeFileSync(file, 'short');
  const { code, stderr } = await runDaemon([
    '--content', daemon.content, '--listen', '127.0.0.1:0', '--store', `sqlite:${daemon.dir}/x.db`,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /x\.db\.key/);
  remove(daemon.dir);
});

/* POST /ask: the same dialogue where a WebSocket does not get through. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bare, messageOf, post, request, startDaemon } from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

const json = { Host: '127.0.0.1', 'Content-Type': 'application/json' };
const raw = async (headers, body = '') => {
  const socket = bare(daemon.port);
  socket.write(request('POST /ask HTTP/1.1', headers) + body);
  const response = await socket.response();
  socket.destroy();
  return response;
};

test('a text alone is a question', async () => {
  const { status, json: reply, headers } = await post(daemon, { text: '料金はいくらですか' });
  assert.equal(status, 200);
  assert.equal(reply.type, 'reply');
  assert.equal(reply.intent, 'price');
  assert.equal(reply.id, null);
  assert.match(reply.question, /^[0-9]+$/);
  assert.match(headers.get('content-type'), /^application\/json/);
  assert.equal(headers.get('cache-control'), 'no-store');
});

test('every message of a visitor is possible, each with its own answer', async () => {
  const hello = await post(daemon, { type: 'hello', lang: 'ja' });
  assert.equal(hello.json.type, 'welcome');
  const asked = await post(daemon, { id: 'a', text: '料金は', session: hello.json.session });
  const { question, session } = asked.json;
  const say = async (message) => (await post(daemon, { ...message, session })).json;
  assert.equal((await say({ type: 'pick', id: 'p', intent: 'hours', question })).intent, 'hours');
  assert.equal((await say({ type: 'rate', id: 'r', question, helpful: true })).type, 'done');
  assert.equal((await say({ type: 'suggest', id: 's', text: '料' })).type, 'suggestions');
  const forgotten = await say({ type: 'forget', id: 'f' });
  assert.equal(forgotten.type, 'done');
  assert.notEqual(forgotten.session, session);
  assert.equal(daemon.rows(`SELECT text FROM questions WHERE id=${question}`)[0].text, '');
});

test('a retry over POST gets the first answer', async () => {
  const { session } = (await post(daemon, { type: 'hello' })).json;
  const first = await post(daemon, { id: 'same', text: '料金は', session });
  const again = await post(daemon, { id: 'same', text: '営業時間は', session });
  assert.equal(again.json.question, first.json.question);
  assert.equal(again.json.intent, 'price');
});

const statuses = [
  ['not JSON', '{', {}, 400, 'bad_json'],
  ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400, 'bad_json'],
  ['empty', '', {}, 400, 'bad_json'],
  ['no text', {}, {}, 400, 'bad_request'],
  ['an empty text', { text: ' ' }, {}, 400, 'empty'],
  ['an unknown type', { type: 'x' }, {}, 400, 'unknown_type'],
  ['an unknown intent', { type: 'pick', intent: 'x', question: '1' }, {}, 400, 'unknown_intent'],
  ['no JSON type', { text: '料金' }, { 'Content-Type': 'text/plain' }, 415, 'bad_request'],
  ['a form', 'text=x', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'bad_request'],
  ['a type that only begins alike', { text: '料金' }, { 'Content-Type': 'application/jsonx' }, 415,
    'bad_request'],
  ['a charset beside the type', { text: '料金' },
    { 'Content-Type': 'application/JSON; charset=utf-8' }, 200, undefined],
  ['exactly 16,384 bytes', messageOf(16384), {}, 200, undefined],
  ['16,385 bytes', messageOf(16385), {}, 413, 'bad_request'],
  ['900,000 bytes', messageOf(900000), {}, 413, 'bad_request'],
];
for (const [name, body, headers, status, code] of statuses) {
  test(`POST, ${name}: ${status}`, async () => {
    const response = await post(daemon, body, headers);
    assert.equal(response.status, status);
    assert.equal(response.json.code, code);
  });
}

test('too much is refused from its announcement', async () => {
  const response = await raw({ ...json, 'Content-Length': 2 ** 40 });
  assert.equal(response.status, 413);
  assert.match(response.head, /^connection: close/im);
});

test('a body without a length, or in chunks, is refused: 411', async () => {
  assert.equal((await raw(json)).status, 411);
  const chunked = { ...json, 'Transfer-Encoding': 'chunked' };
  assert.equal((await raw(chunked, '4\r\n{"a"\r\n0\r\n\r\n')).status, 411);
  const both = { ...chunked, 'Content-Length': 5 };
  assert.equal((await raw(both, '0\r\n\r\n')).status, 411);
});

test('a length that is none, or two of them: 400', async () => {
  for (const length of ['x', '-1', '+5', '5 5', ['5', '6'], ['5', '5']]) {
    assert.equal((await raw({ ...json, 'Content-Length': length }, '{"a":')).status, 400, String(length));
  }
});

test('a length of zero is an empty message', async () => {
  const response = await raw({ ...json, 'Content-Length': 0 });
  assert.equal(response.status, 400);
  assert.equal(JSON.parse(response.body).code, 'bad_json');
});

const one = (id) => {
  const body = JSON.stringify({ id, text: '料金は' });
  return request('POST /ask HTTP/1.1', { ...json, 'Content-Length': Buffer.byteLength(body) }) + body;
};

test('the page that one visitor names on a kept connection is not the next visitor\'s', async () => {
  const socket = bare(daemon.port);
  const hello = JSON.stringify({ type: 'hello', page: 'https://ward.example/private' });
  const head = { ...json, 'Content-Length': hello.length };
  socket.write(request('POST /ask HTTP/1.1', head) + hello);
  assert.equal((await socket.response()).status, 200);
  socket.write(one('next'));
  const { question } = JSON.parse((await socket.response()).body);
  assert.equal(daemon.rows(`SELECT page FROM questions WHERE id=${question}`)[0].page, '');
  socket.destroy();
});

test('questions one after another on a kept connection', async () => {
  const socket = bare(daemon.port);
  for (const id of ['a', 'b', 'c']) {
    socket.write(one(id));
    assert.equal(JSON.parse((await socket.response()).body).id, id);
    socket.write(request('GET /demo.css HTTP/1.1', { Host: 'x' }));
    assert.equal((await socket.response()).status, 200);
  }
  socket.destroy();
});

test('of questions in one packet each gets its own answer, or none and the end', async () => {
  const socket = bare(daemon.port);
  socket.write(one('b') + one('c') + request('GET /demo.css HTTP/1.1', { Host: 'x' }) + one('d'));
  const ids = ['b', 'c', null, 'd'];
  for (;;) {
    const response = await socket.response();
    if (response === null) break;
    const id = ids.shift();
    assert.equal(response.status, 200);
    if (id) assert.equal(JSON.parse(response.body).id, id);
  }
  assert.ok(ids.length < 4, 'the first is answered');
});

test('requests with bodies in one packet, of every method and length, never hold the daemon up', async () => {
  const befores = [one('first'), request('GET /demo.css HTTP/1.1', { Host: 'x' })];
  for (const method of ['POST', 'post', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'HEAD']) {
    for (const length of [1, 2, 3, 4, 5, 17, 60, 200, 5000]) {
      for (const before of befores) {
        for (const path of ['/ask', '/none']) {
          const socket = bare(daemon.port);
          const head = request(`${method} ${path} HTTP/1.1`, { ...json, 'Content-Length': length });
          socket.write(before + head + ' '.repeat(length) + before);
          assert.equal((await socket.response())?.status, 200);
          socket.destroy();
        }
      }
    }
  }
  const { status } = await post(daemon, { text: '料金は' });
  assert.equal(status, 200);
});

test('requests for files in one packet are all answered, a question before them too', async () => {
  const socket = bare(daemon.port);
  const get = request('GET /demo.css HTTP/1.1', { Host: 'x' });
  socket.write(one('z') + get + get + get);
  assert.equal(JSON.parse((await socket.response()).body).id, 'z');
  for (let i = 0; i < 3; i++) assert.equal((await socket.response())?.status, 200);
  socket.destroy();
});

test('a body in single bytes arrives', async () => {
  const socket = bare(daemon.port);
  socket.socket.setNoDelay(true);
  const body = Buffer.from(JSON.stringify({ id: 'drip', text: '料金は' }));
  socket.write(request('POST /ask HTTP/1.1', { ...json, 'Content-Length': body.length }));
  for (const byte of body) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(JSON.parse((await socket.response()).body).id, 'drip');
  socket.destroy();
});

test('a visitor who leaves before the answer harms nobody', async () => {
  for (let i = 0; i < 20; i++) {
    const socket = bare(daemon.port);
    const body = JSON.stringify({ text: '料金は' });
    socket.write(
      request('POST /ask HTTP/1.1', { ...json, 'Content-Length': Buffer.byteLength(body) }) + body,
      () => socket.destroy(),
    );
    await socket.ended();
  }
  assert.equal((await post(daemon, { text: '料金は' })).status, 200);
});

test('HTTP/1.0 is answered and closed', async () => {
  const socket = bare(daemon.port);
  const body = JSON.stringify({ text: '料金は' });
  socket.write(
    request('POST /ask HTTP/1.0', {
      'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body),
    }) + body,
  );
  assert.match(await socket.all(), /^HTTP\/1\.1 200[^]*"type":"reply"/);
});

test('other methods: 405', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
    const response = await fetch(`${daemon.base}/ask`, { method });
    assert.equal(response.status, 405, method);
    assert.match(response.headers.get('allow'), /POST/);
    await response.text();
  }
});

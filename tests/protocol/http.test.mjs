/* Plain HTTP: files, headers, origins, health. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bare, connect, handshake, post, request, startDaemon } from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

const get = (path, options) => fetch(`${daemon.base}${path}`, options);

test('the demo page carries a strict policy', async () => {
  const response = await get('/');
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/html/);
  const policy = response.headers.get('content-security-policy');
  for (const part of [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
    "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ]) {
    assert.ok(policy.split('; ').includes(part), part);
  }
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  assert.match(await response.text(), /<!doctype html>/);
});

test("the widget's files may be loaded from other sites", async () => {
  for (const path of ['/widget.js', '/widget/panel.js']) {
    const response = await get(path, { headers: { Origin: 'https://elsewhere.example' } });
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get('content-type'), /^text\/javascript/);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.ok((await response.text()).length > 0);
  }
});

test('a known file is not sent again', async () => {
  const first = await get('/widget.js');
  const etag = first.headers.get('etag');
  assert.match(etag, /^"[0-9a-f]+"$/);
  await first.text();
  for (const known of [etag, `"other", ${etag}`, '*']) {
    const again = await get('/widget.js', { headers: { 'If-None-Match': known } });
    assert.equal(again.status, 304);
    assert.equal(again.headers.get('etag'), etag);
    assert.equal(await again.text(), '');
  }
  const other = await get('/widget.js', { headers: { 'If-None-Match': '"other"' } });
  assert.equal(other.status, 200);
  await other.text();
});

test('HEAD is GET without the body', async () => {
  const socket = bare(daemon.port);
  socket.write(request('HEAD /widget.js HTTP/1.1', { Host: 'x' }));
  const { status, head } = await socket.response({ head: true });
  assert.equal(status, 200);
  assert.match(head, /^content-length: [1-9]/im);
  socket.write(request('HEAD /none HTTP/1.1', { Host: 'x', Connection: 'close' }));
  assert.equal((await socket.response({ head: true })).status, 404);
  assert.equal(await socket.all(), '');
});

test('what is not in the table is not there', async () => {
  for (const path of [
    '/none', '/widget', '/widget/', '/widget/none.js', '/demo.html', '/package.json', '/README.md',
    '/../etc/passwd', '/%2e%2e/etc/passwd', '/..%2fetc/passwd', '/widget/../../x', '//etc/passwd',
    '/widget.js/', '/widget.js%00', '/.git/config', '/%', '/\\..\\x', '/console/', '/api/v1/',
  ]) {
    const socket = bare(daemon.port);
    socket.write(request(`GET ${path} HTTP/1.1`, { Host: 'x', Connection: 'close' }));
    const answer = await socket.all();
    assert.match(answer, /^$|^HTTP\/1\.[01] (404|400|403) /, path);
    assert.doesNotMatch(answer, /root:/);
  }
});

test('other methods on files: 405', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const response = await get('/widget.js', { method, body: method === 'POST' ? 'x' : undefined });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
    await response.text();
  }
});

test('a method that nobody knows gets an error or the end, and harms nobody', async () => {
  for (const method of ['BREW', 'TRACE', 'PROPFIND', 'GET\t']) {
    const socket = bare(daemon.port);
    socket.write(request(`${method} / HTTP/1.1`, { Host: 'x' }));
    assert.match(await socket.all(), /^$|^HTTP\/1\.[01] 4/, method);
  }
  assert.equal((await get('/')).status, 200);
});

test('a GET with a body is refused and closed', async () => {
  const socket = bare(daemon.port);
  const hidden = request('GET /widget.js HTTP/1.1', { Host: 'x' });
  socket.write(request('GET / HTTP/1.1', { Host: 'x', 'Content-Length': hidden.length }) + hidden);
  const answer = await socket.all();
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(answer.match(/HTTP\/1\.1 /g).length, 1);
});

test('GET /ws without an upgrade: 426', async () => {
  const response = await get('/ws');
  assert.equal(response.status, 426);
  assert.equal(response.headers.get('upgrade'), 'websocket');
  await response.text();
});

test('no Host, or two: 400', async () => {
  for (const Host of [null, ['a', 'b']]) {
    const socket = bare(daemon.port);
    socket.write(request('GET / HTTP/1.1', { Host }));
    assert.match(await socket.all(), /^HTTP\/1\.1 400 /);
  }
});

/* --- origins --- */

const refused = (own) => [
  'null', 'http://evil.example', 'https://evil.example', `http://${own}.evil.example`,
  `http://evil.example/${own}`, `http://${own}@evil.example`, `http://evil.example:${own}`,
  `http://${own}/`, `http://${own} `.trimEnd() + '#', `http://${own}%00`, `ftp://${own}`, own,
  `//${own}`, 'http://localhost.evil.example', 'http://localhost@evil.example',
  'http://localhost:', 'http://localhost:x', 'http://localhost:1:2', 'http://127.0.0.1.evil.example',
  'https://localhost', 'http://127.0.0.2', 'http://[::1]', 'file://', 'http://LOCALHOST',
];
const handshakeStatus = async (to, headers) => {
  const socket = bare(to.port);
  const all = { ...handshake, Host: `127.0.0.1:${to.port}`, ...headers };
  socket.write(request('GET /ws HTTP/1.1', all));
  const response = await socket.response();
  socket.destroy();
  return response?.status;
};
const postStatus = async (to, headers) => {
  const socket = bare(to.port);
  const body = JSON.stringify({ text: '料金は' });
  const all = {
    Host: `127.0.0.1:${to.port}`, 'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body), ...headers,
  };
  socket.write(request('POST /ask HTTP/1.1', all) + body);
  const response = await socket.response();
  socket.destroy();
  return response?.status;
};

test('by default our own origin, localhost and none may talk to us', async () => {
  for (const Origin of [
    `http://127.0.0.1:${daemon.port}`, 'http://localhost', 'http://localhost:3000',
    'http://127.0.0.1', 'http://127.0.0.1:65535', null,
  ]) {
    assert.equal(await handshakeStatus(daemon, { Origin }), 101, String(Origin));
    assert.equal(await postStatus(daemon, { Origin }), 200, String(Origin));
  }
  const Host = 'faq.example';
  assert.equal(await handshakeStatus(daemon, { Host, Origin: 'https://faq.example' }), 101);
  assert.equal(await handshakeStatus(daemon, { Host: 'faq.example:443', Origin: 'https://faq.example' }), 101);
  assert.equal(await handshakeStatus(daemon, { Host, Origin: 'https://faq.example:8443' }), 403);
});

test('forged origins are refused, over both ways', async () => {
  for (const Origin of refused(`127.0.0.1:${daemon.port}`)) {
    assert.equal(await handshakeStatus(daemon, { Origin }), 403, Origin);
    assert.equal(await postStatus(daemon, { Origin }), 403, Origin);
  }
});

test('two Origin headers are refused, equal or not', async () => {
  const own = `http://127.0.0.1:${daemon.port}`;
  for (const Origin of [[own, own], [own, 'http://evil.example'], ['http://localhost', own]]) {
    assert.equal(await handshakeStatus(daemon, { Origin }), 403);
    assert.equal(await postStatus(daemon, { Origin }), 403);
  }
});

test('with `origins` exactly these and our own, and no longer localhost', async () => {
  const strict = await startDaemon({
    args: ['--set', 'origins=https://www.example.jp, https://b.example:8443'],
  });
  const expected = [
    ['https://www.example.jp', 101], ['https://b.example:8443', 101], ['https://b.example', 403],
    ['http://www.example.jp', 403], ['https://www.example.jp.evil.example', 403],
    ['https://sub.www.example.jp', 403], ['https://www.example.jp:443', 403],
    ['http://localhost', 403], [`http://127.0.0.1:${strict.port}`, 101], ['null', 403], [null, 101],
  ];
  for (const [Origin, status] of expected) {
    assert.equal(await handshakeStatus(strict, { Origin }), status, String(Origin));
  }
  await strict.stop();
});

test('`origin_required` refuses who names none, on /ws alone', async () => {
  const strict = await startDaemon({ args: ['--set', 'origin_required=true'] });
  assert.equal(await handshakeStatus(strict, {}), 403);
  assert.equal(await handshakeStatus(strict, { Origin: 'http://localhost' }), 101);
  assert.equal(await postStatus(strict, {}), 200);
  await strict.stop();
});

test('an allowed origin is echoed, without credentials; the preflight is answered', async () => {
  const Origin = 'http://localhost:3000';
  const answer = await post(daemon, { text: '料金は' }, { Origin });
  assert.equal(answer.headers.get('access-control-allow-origin'), Origin);
  assert.match(answer.headers.get('vary'), /Origin/i);
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  const preflight = await get('/ask', {
    method: 'OPTIONS',
    headers: { Origin, 'Access-Control-Request-Method': 'POST' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), Origin);
  assert.match(preflight.headers.get('access-control-allow-methods'), /POST/);
  assert.match(preflight.headers.get('access-control-allow-headers'), /content-type/i);
  assert.equal(preflight.headers.get('access-control-allow-credentials'), null);
  const other = await get('/ask', { method: 'OPTIONS', headers: { Origin: 'http://evil.example' } });
  assert.equal(other.status, 403);
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  await other.text();
});

/* --- health --- */

test('/healthz says how we are', async () => {
  const response = await get('/healthz');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const health = await response.json();
  assert.equal(health.status, 'ok');
  assert.equal(health.intents, 3);
  assert.match(health.revision, /^[0-9a-f]{16}$/);
  assert.equal(health.store.state, 'ok');
  assert.equal(health.reload.error, null);
});

test('/metrics is what Prometheus reads, and counts', async () => {
  const talk = await connect(daemon);
  await talk.ask('m', '料金は');
  const text = await (await get('/metrics')).text();
  const values = new Map();
  const types = new Map();
  const helps = new Set();
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    const help = /^# HELP (\S+) ./.exec(line);
    const value = /^([a-z_]+)(\{[a-z]+="[^"]*"\})? ([0-9.]+)$/.exec(line);
    assert.ok(type || help || value, line);
    if (type) types.set(type[1], type[2]);
    else if (help) helps.add(help[1]);
    else {
      assert.ok(types.has(value[1]) && helps.has(value[1]), line);
      values.set(value[1] + (value[2] ?? ''), Number(value[3]));
    }
  }
  assert.ok(values.get('faqd_messages_total{type="ask"}') >= 1);
  assert.ok(values.get('faqd_rows_committed_total') >= 1);
  assert.ok(values.get('faqd_websockets') >= 1);
  assert.equal(values.get('faqd_config_ok'), 1);
  await talk.end();
});

test('with admin.listen, health is there and nowhere else, and visitors are not', async () => {
  const apart = await startDaemon({ args: ['--set', 'admin.listen=127.0.0.1:0'] });
  const [, port] = await apart.says(/info admin http=127\.0\.0\.1:(\d+)/);
  const admin = `http://127.0.0.1:${port}`;
  for (const path of ['/healthz', '/metrics']) {
    assert.equal((await fetch(admin + path)).status, 200, path);
    assert.equal((await fetch(apart.base + path)).status, 404, path);
  }
  for (const path of ['/', '/widget.js', '/ws', '/ask']) {
    assert.equal((await fetch(admin + path)).status, 404, path);
  }
  /* Whatever Host it claims: the socket decides. */
  const socket = bare(Number(port));
  socket.write(request('GET /ws HTTP/1.1', { ...handshake, Host: `127.0.0.1:${apart.port}` }));
  assert.equal((await socket.response()).status, 404);
  socket.destroy();
  await apart.stop();
});

test('on an address that is not loopback, health is nowhere, and a line says so', async () => {
  const open = await startDaemon({ listen: '0.0.0.0:0' });
  await open.says(/info admin http=none/);
  assert.equal((await fetch(`${open.base}/healthz`)).status, 404);
  assert.equal((await fetch(`${open.base}/metrics`)).status, 404);
  assert.equal((await fetch(`${open.base}/`)).status, 200);
  await open.stop();
});

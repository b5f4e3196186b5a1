/* Who may become a WebSocket connection: everything that the library itself lets pass. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bare, closeFrame, handshake, request, startDaemon } from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

const get = 'GET /ws HTTP/1.1';
const cases = [
  ['as browsers do it', get, {}, 101],
  ['without a subprotocol', get, { 'Sec-WebSocket-Protocol': null }, 101],
  ['ours among several subprotocols', get, { 'Sec-WebSocket-Protocol': 'chat, faq.v1' }, 101],
  ['subprotocols in several headers', get, { 'Sec-WebSocket-Protocol': ['chat', 'faq.v1'] }, 101],
  ['Connection lists more', get, { Connection: 'keep-alive, Upgrade' }, 101],
  ['upgrade in other letters', get, { Upgrade: 'WebSocket', Connection: 'upgrade' }, 101],
  ['a query', 'GET /ws?x=1 HTTP/1.1', {}, 101],
  ['an offer without ours', get, { 'Sec-WebSocket-Protocol': 'chat, superchat' }, 400],
  ['ours in capitals', get, { 'Sec-WebSocket-Protocol': 'FAQ.V1' }, 400],
  ['an offer with an empty part', get, { 'Sec-WebSocket-Protocol': 'faq.v1,,chat' }, 400],
  ['an offer of 4 kB', get, { 'Sec-WebSocket-Protocol': `faq.v1, ${'x'.repeat(3000)}` }, 400],
  ['POST', 'POST /ws HTTP/1.1', { 'Content-Length': 0 }, 405],
  ['OPTIONS', 'OPTIONS /ws HTTP/1.1', {}, 405],
  ['PUT', 'PUT /ws HTTP/1.1', { 'Content-Length': 0 }, 405],
  ['HEAD', 'HEAD /ws HTTP/1.1', {}, 405],
  ['another path', 'GET / HTTP/1.1', {}, 404],
  ['a longer path', 'GET /ws/x HTTP/1.1', {}, 404],
  ['a path in capitals', 'GET /WS HTTP/1.1', {}, 404],
  ['HTTP/1.0', 'GET /ws HTTP/1.0', {}, 400],
  ['version 8', get, { 'Sec-WebSocket-Version': '8' }, 426],
  ['version 013', get, { 'Sec-WebSocket-Version': '013' }, 426],
  ['version 14', get, { 'Sec-WebSocket-Version': '14' }, 426],
  ['two versions', get, { 'Sec-WebSocket-Version': ['13', '13'] }, 426],
  ['no version', get, { 'Sec-WebSocket-Version': null }, 426],
  ['no key', get, { 'Sec-WebSocket-Key': null }, 400],
  ['an empty key', get, { 'Sec-WebSocket-Key': '' }, 400],
  ['a short key', get, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==' }, 400],
  ['a long key', get, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSB0b28=' }, 400],
  ['a key that is no base64', get, { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }, 400],
  ['two keys', get, { 'Sec-WebSocket-Key': Array(2).fill(handshake['Sec-WebSocket-Key']) }, 400],
  ['no Connection', get, { Connection: null }, 400],
  ['Connection: u', get, { Connection: 'u' }, 400],
  ['Connection: keep-alive', get, { Connection: 'keep-alive' }, 400],
  ['no Host', get, { Host: null }, 400],
  ['two Hosts', get, { Host: ['a', 'b'] }, 400],
  ['two Upgrades', get, { Upgrade: ['websocket', 'websocket'] }, 400],
  ['websocket, then h2c', get, { Upgrade: ['websocket', 'h2c'] }, 400],
  ['h2c', get, { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }, 400],
  ['a body', get, { 'Content-Length': '5' }, 400],
  ['a chunked body', get, { 'Transfer-Encoding': 'chunked' }, 400],
];
for (const [name, first, headers, status] of cases) {
  test(`a handshake, ${name}: ${status}`, async () => {
    const socket = bare(daemon.port);
    socket.write(request(first, { ...handshake, ...headers }));
    const response = await socket.response({ head: first.startsWith('HEAD') });
    assert.equal(response?.status, status);
    if (status === 101) {
      socket.write(closeFrame(1000));
    } else {
      assert.match(response.head, /^connection: close/im);
      assert.equal(await socket.all(), '', 'one answer, then the end');
    }
    if (status === 426) assert.match(response.head, /^sec-websocket-version: 13/im);
    if (status === 405) assert.match(response.head, /^allow: GET/im);
    await socket.ended();
  });
}

test('the subprotocol is named when it was offered, and only then', async () => {
  for (const [offer, named] of [['chat, faq.v1', true], [null, false]]) {
    const socket = bare(daemon.port);
    socket.write(request(get, { ...handshake, 'Sec-WebSocket-Protocol': offer }));
    const response = await socket.response();
    assert.equal(/^sec-websocket-protocol: faq\.v1/im.test(response.head), named);
    assert.match(response.head, /^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/im);
    assert.doesNotMatch(response.head, /^sec-websocket-extensions/im);
    socket.destroy();
  }
});

test('compression is not taken up', async () => {
  const socket = bare(daemon.port);
  const headers = { ...handshake, 'Sec-WebSocket-Extensions': 'permessage-deflate' };
  socket.write(request(get, headers));
  assert.doesNotMatch((await socket.response()).head, /^sec-websocket-extensions/im);
  socket.destroy();
});

test('a kept connection that then asks for an unknown upgrade gets one answer and the end', async () => {
  for (const upgrade of ['foo', 'websocket, foo', 'h2c', 'TLS/1.0']) {
    const socket = bare(daemon.port);
    socket.write(request('GET / HTTP/1.1', { Host: 'x' }));
    assert.equal((await socket.response()).status, 200);
    socket.write(request('GET /ws HTTP/1.1', { ...handshake, Upgrade: upgrade }));
    const response = await socket.response();
    assert.ok([400, 403].includes(response?.status), `${upgrade}: ${response?.status}`);
    assert.doesNotMatch(await socket.all(), /HTTP\/1\.1/);
  }
});

test('a kept connection may still become a WebSocket', async () => {
  const socket = bare(daemon.port);
  socket.write(request('GET / HTTP/1.1', { Host: 'x' }));
  assert.equal((await socket.response()).status, 200);
  socket.write(request(get, handshake));
  assert.equal((await socket.response()).status, 101);
  socket.destroy();
});

test('CONNECT is refused', async () => {
  const socket = bare(daemon.port);
  socket.write(request('CONNECT example.jp:80 HTTP/1.1', { Host: 'example.jp' }));
  assert.match(await socket.all(), /^HTTP\/1\.1 4\d\d|^$/);
});

test('a handshake in single bytes is a handshake', async () => {
  const socket = bare(daemon.port);
  socket.socket.setNoDelay(true);
  for (const byte of request(get, handshake)) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await socket.response()).status, 101);
  socket.destroy();
});

test('the first message may come together with the handshake', async () => {
  const { frame, nextText, TEXT } = await import('./kit.mjs');
  const socket = bare(daemon.port);
  const message = frame(TEXT, JSON.stringify({ type: 'ask', id: 'early', text: '料金' }));
  socket.write(Buffer.concat([Buffer.from(request(get, handshake)), message]));
  assert.equal((await socket.response()).status, 101);
  assert.equal((await nextText(socket)).id, 'early');
  socket.destroy();
});

test('heads beyond all measure are cut off, and the daemon lives', async () => {
  for (const head of [
    `GET /${'x'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /ws HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`,
    `GET /ws HTTP/1.1\r\nX: ${'y'.repeat(100000)}`,
    '\x00\x01\x02\x03\r\n\r\n',
    'GARBAGE\r\n\r\n',
    '\r\n'.repeat(1000),
  ]) {
    const socket = bare(daemon.port);
    socket.write(head);
    socket.socket.end();
    await socket.ended();
  }
  assert.equal((await fetch(`${daemon.base}/`)).status, 200);
});

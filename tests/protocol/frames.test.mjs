/* Frames: sizes, fragments, UTF-8, control frames, close codes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BINARY, CLOSE, PING, PONG, TEXT, closeCode, closeFrame, frame, messageOf, nextText, startDaemon,
  upgraded,
} from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

const ask = (id = 'x') => JSON.stringify({ type: 'ask', id, text: '料金はいくらですか' });

test('a message of exactly 16,384 bytes is answered', async () => {
  const socket = await upgraded(daemon);
  socket.write(frame(TEXT, messageOf(16384)));
  assert.equal((await nextText(socket)).type, 'reply');
  socket.destroy();
});

const tooLarge = [
  ['one frame of 16,385 bytes', [frame(TEXT, messageOf(16385))]],
  ['the first byte of 1 GiB', [frame(TEXT, '{', { announce: 2 ** 30 })]],
  ['the first byte of 2^62', [frame(TEXT, '{', { announce: 2 ** 62 })]],
  ['fragments that add up', [
    frame(TEXT, messageOf(16000), { fin: false }),
    frame(0, 'x'.repeat(385)),
  ]],
  ['fragments that would never end', Array.from({ length: 40 }, (_, i) =>
    frame(i === 0 ? TEXT : 0, 'x'.repeat(500), { fin: false }))],
];
for (const [name, frames] of tooLarge) {
  test(`too large, ${name}: 1009`, async () => {
    const socket = await upgraded(daemon);
    socket.write(Buffer.concat(frames));
    assert.equal(await closeCode(socket), 1009);
    socket.destroy();
  });
}

test('a message in fragments, with a ping between them, is one message', async () => {
  const socket = await upgraded(daemon);
  const bytes = Buffer.from(ask('parts'));
  for (let i = 0; i < bytes.length; i += 7) {
    const last = i + 7 >= bytes.length;
    socket.write(frame(i === 0 ? TEXT : 0, bytes.subarray(i, i + 7), { fin: last }));
    if (i === 14) socket.write(frame(PING, 'here'));
  }
  const first = await socket.frame();
  assert.equal(first.opcode, PONG);
  assert.equal(String(first.payload), 'here');
  assert.equal((await nextText(socket)).id, 'parts');
  socket.destroy();
});

test('a message that ends with an empty fragment is whole', async () => {
  const socket = await upgraded(daemon);
  socket.write(Buffer.concat([frame(TEXT, ask('e'), { fin: false }), frame(0, '')]));
  assert.equal((await nextText(socket)).id, 'e');
  socket.destroy();
});

test('single bytes on the wire add up to a message', async () => {
  const socket = await upgraded(daemon);
  socket.socket.setNoDelay(true);
  for (const byte of frame(TEXT, ask('drip'))) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await nextText(socket)).id, 'drip');
  socket.destroy();
});

test('several messages in one packet are answered in their order', async () => {
  const socket = await upgraded(daemon);
  const ids = Array.from({ length: 40 }, (_, i) => `m${i}`);
  socket.write(Buffer.concat(ids.map((id) => frame(TEXT, ask(id)))));
  for (const id of ids) assert.equal((await nextText(socket)).id, id);
  socket.destroy();
});

test('an empty message is bad_json, and the connection stays open', async () => {
  const socket = await upgraded(daemon);
  socket.write(frame(TEXT, ''));
  assert.equal((await nextText(socket)).code, 'bad_json');
  socket.write(frame(TEXT, ask('still')));
  assert.equal((await nextText(socket)).id, 'still');
  socket.destroy();
});

test('binary: 1003', async () => {
  const socket = await upgraded(daemon);
  socket.write(frame(BINARY, ask()));
  assert.equal(await closeCode(socket), 1003);
  socket.destroy();
});

const invalid = [
  ['a lone continuation byte', [0x80]],
  ['0xFF', [0xff]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an overlong euro', [0xf0, 0x82, 0x82, 0xac]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a character that is cut', [0xe6, 0x96]],
];
for (const [name, bytes] of invalid) {
  test(`invalid UTF-8, ${name}: 1007`, async () => {
    const socket = await upgraded(daemon);
    socket.write(frame(TEXT, Buffer.from([...Buffer.from('{"text":"'), ...bytes])));
    assert.equal(await closeCode(socket), 1007);
    socket.destroy();
  });
}

test('invalid UTF-8 is found at its byte, before the message ends', async () => {
  const socket = await upgraded(daemon);
  socket.write(frame(TEXT, Buffer.from([0x7b, 0xff]), { fin: false }));
  assert.equal(await closeCode(socket), 1007);
  socket.destroy();
});

test('a character that is cut by an empty last fragment: 1007', async () => {
  const socket = await upgraded(daemon);
  const parts = [frame(TEXT, Buffer.from([0x7b, 0xe6, 0x96]), { fin: false }), frame(0, '')];
  socket.write(Buffer.concat(parts));
  assert.equal(await closeCode(socket), 1007);
  socket.destroy();
});

test('a character across two fragments, with a binary pong between them, is valid', async () => {
  const socket = await upgraded(daemon);
  const bytes = Buffer.from(ask('split'));
  const cut = bytes.indexOf(Buffer.from('料')) + 1;
  socket.write(
    Buffer.concat([
      frame(TEXT, bytes.subarray(0, cut), { fin: false }),
      frame(PONG, Buffer.from([0xff, 0xfe])),
      frame(0, bytes.subarray(cut)),
    ]),
  );
  assert.equal((await nextText(socket)).id, 'split');
  socket.destroy();
});

test('a continuation without a beginning: 1002', async () => {
  const socket = await upgraded(daemon);
  socket.write(frame(0, 'x'));
  const code = await closeCode(socket);
  assert.ok(code === 1002 || code === null, String(code));
  socket.destroy();
});

const closes = [
  ['1000 is echoed', closeFrame(1000, 'bye'), [1000]],
  ['1001 is echoed', closeFrame(1001), [1001]],
  ['3000 is echoed', closeFrame(3000), [3000]],
  ['4999 is echoed', closeFrame(4999), [4999]],
  ['without a code', frame(CLOSE), [1000, 1005]],
  ['one byte', frame(CLOSE, 'x'), [1002]],
  ['0', closeFrame(0), [1002]],
  ['999', closeFrame(999), [1002]],
  ['1004', closeFrame(1004), [1002]],
  ['1005', closeFrame(1005), [1002]],
  ['1006', closeFrame(1006), [1002]],
  ['1016', closeFrame(1016), [1002]],
  ['2999', closeFrame(2999), [1002]],
  ['5000', closeFrame(5000), [1002]],
  ['65535', closeFrame(65535), [1002]],
  ['a reason that is no UTF-8', frame(CLOSE, Buffer.from([3, 232, 0xe6, 0x96])), [1007]],
];
for (const [name, bytes, codes] of closes) {
  test(`a close frame, ${name}: ${codes.join(' or ')}`, async () => {
    const socket = await upgraded(daemon);
    socket.write(bytes);
    assert.ok(codes.includes(await closeCode(socket)));
    await socket.ended();
  });
}

test('what comes behind a close frame is not answered', async () => {
  const socket = await upgraded(daemon);
  socket.write(Buffer.concat([closeFrame(1000), frame(TEXT, ask('late'))]));
  assert.equal(await closeCode(socket), 1000);
  assert.equal(await nextText(socket), null);
});

test('a client that vanishes while its answer waits harms nobody', async () => {
  for (let i = 0; i < 20; i++) {
    const socket = await upgraded(daemon);
    socket.write(frame(TEXT, ask('gone')));
    socket.destroy();
  }
  const socket = await upgraded(daemon);
  socket.write(frame(TEXT, ask('here')));
  assert.equal((await nextText(socket)).id, 'here');
  socket.destroy();
});

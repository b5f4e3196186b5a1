/*
 * kit.mjs - a daemon of its own for each test file, a WebSocket client that plays by the rules,
 * and a bare socket for those who do not.
 *
 * FAQD names the binary. Nothing here waits for a time, only for events; a test that hangs is
 * ended by the runner.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import WebSocket from 'ws';

/* A test that failed must not leave its daemon behind, which would keep the runner waiting. */
const running = new Set();
after(() => {
  const end = () => running.forEach((child) => child.kill('SIGKILL'));
  setTimeout(end, 20000).unref(); /* after the hooks that stop it properly */
});

export const binary = () => {
  assert.ok(process.env.FAQD, 'set FAQD to the path of the faqd binary');
  return process.env.FAQD;
};
export const temporary = () => mkdtempSync(join(tmpdir(), 'faqd-protocol-'));
export const remove = (dir) => rmSync(dir, { recursive: true, force: true });
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* Small content of our own, so that a change of the shipped one breaks nothing here. */
export const topics = {
  price: { title: '料金', keywords: ['料金', 'いくら'], text: '月額は100円です。' },
  hours: { title: '営業時間', keywords: ['営業時間', '何時'], text: '平日の9時から17時です。' },
  place: { title: '場所', keywords: ['場所', 'どこ'], text: '駅の前です。' },
};
export function writeContent(dir, { change = {}, files = {} } = {}) {
  mkdirSync(join(dir, 'intents'), { recursive: true });
  mkdirSync(join(dir, 'kb'), { recursive: true });
  for (const [id, topic] of Object.entries({ ...topics, ...change })) {
    const { title, text, keywords } = topic;
    const examples = [`${title}を教えてください`, `${title}について知りたい`];
    writeFileSync(join(dir, 'intents', `${id}.json`), JSON.stringify({ keywords, examples }));
    writeFileSync(join(dir, 'kb', `${id}.md`), `# ${title}\n\n${text}\n`);
  }
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
  return dir;
}

/* Nobody is refused for asking fast, unless a test is about that. */
const free = ['--set', 'limits.messages_per_second=0', '--set', 'limits.connections_per_address=0'];

export async function startDaemon({ args = [], limits = false, dir = null, port = 0, listen } = {}) {
  const own = dir === null;
  dir ??= temporary();
  const content = join(dir, 'content');
  if (own) writeContent(content);
  const child = spawn(
    binary(),
    [
      '--content', content,
      '--listen', listen ?? `127.0.0.1:${port}`,
      '--store', `sqlite:${dir}/x.db`,
      ...(limits ? [] : free),
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      /* Memory that was freed should not look as if it were used. */
      env: { ...process.env, ASAN_OPTIONS: `quarantine_size_mb=1:${process.env.ASAN_OPTIONS ?? ''}` },
    },
  );
  running.add(child);
  const daemon = { dir, content, child, stdout: '', stderr: '' };
  const waiting = new Set();
  child.stdout.on('data', (bytes) => (daemon.stdout += bytes));
  createInterface({ input: child.stderr }).on('line', (line) => {
    daemon.stderr = (daemon.stderr + line + '\n').slice(-100000);
    for (const look of waiting) look();
  });
  daemon.exited = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
    child.on('error', (error) => resolve({ code: null, signal: String(error) }));
  });
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^ready http=\S+:(\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  const started = await Promise.race([ready, daemon.exited]);
  if (typeof started !== 'number') {
    throw new Error(`faqd did not start (${JSON.stringify(started)}):\n${daemon.stderr}`);
  }
  daemon.port = started;
  daemon.base = `http://127.0.0.1:${started}`;
  /* The first line on stderr that matches, now or later. */
  daemon.says = (pattern) =>
    new Promise((resolve) => {
      const look = () => {
        const found = pattern.exec(daemon.stderr);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  daemon.signal = (name) => child.kill(name);
  daemon.stop = async ({ keep = !own } = {}) => {
    child.kill('SIGTERM');
    const end = await daemon.exited;
    if (!keep) remove(dir);
    assert.deepEqual(end, { code: 0, signal: null }, `faqd ended badly:\n${daemon.stderr}`);
  };
  daemon.rows = (sql) => rows(join(dir, 'x.db'), sql);
  return daemon;
}

/* Asks the database itself. */
export function rows(file, sql) {
  const out = execFileSync('sqlite3', ['-readonly', '-json', file, '.timeout 5000', sql], {
    encoding: 'utf8',
  });
  return out.trim() === '' ? [] : JSON.parse(out);
}

/* Runs faqd to its end: for what it refuses. */
export async function runDaemon(args, { cwd } = {}) {
  const child = spawn(binary(), args, { stdio: ['ignore', 'pipe', 'pipe'], cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => (stdout += bytes));
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

/* --- a client that plays by the rules --- */

export async function connect(daemon, { protocol = 'faq.v1', headers = {}, autoPong = true } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/ws`, protocol ?? [], {
    headers,
    autoPong,
  });
  const received = [];
  const takers = [];
  const talk = { socket, received };
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    received.push(message);
    takers.shift()?.(message);
  });
  let taken = 0;
  talk.closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  talk.closed.then(() => takers.forEach((take) => take(null)));
  /* The next message in order; null when the connection ended. */
  talk.next = () => {
    if (taken < received.length) return Promise.resolve(received[taken++]);
    taken += 1;
    if (socket.readyState >= WebSocket.CLOSING) return Promise.resolve(null);
    return new Promise((resolve) => takers.push(resolve));
  };
  talk.send = (message) => socket.send(JSON.stringify(message));
  talk.say = (message) => {
    talk.send(message);
    return talk.next();
  };
  talk.hello = (session = null, more = {}) => talk.say({ type: 'hello', session, ...more });
  talk.ask = (id, text, more = {}) => talk.say({ type: 'ask', id, text, ...more });
  talk.end = async () => {
    socket.close();
    await talk.closed;
  };
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  socket.on('error', () => {});
  return talk;
}

export async function post(daemon, body, headers = {}) {
  const response = await fetch(`${daemon.base}/ask`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  const text = await response.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    /* then the test looks at the text */
  }
  return { status: response.status, headers: response.headers, text, json };
}

/* --- a bare socket --- */

export function bare(port, host = '127.0.0.1') {
  const socket = connectTcp({ port, host });
  let bytes = Buffer.alloc(0);
  const looks = new Set();
  let ended = false;
  const wake = () => looks.forEach((look) => look());
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
    wake();
  });
  const until = (test) =>
    new Promise((resolve) => {
      const look = () => {
        const found = test();
        if (found === undefined && !ended) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      look();
    });
  return {
    socket,
    write: (data, done) => socket.write(data, done),
    /* Everything up to the end of the connection, as text. */
    all: async () => {
      await until(() => undefined);
      return bytes.toString('latin1');
    },
    /* One HTTP response with its body (Content-Length), taken off the front; null at the end. */
    response: ({ head = false } = {}) =>
      until(() => {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return undefined;
        const text = bytes.subarray(0, end).toString('latin1');
        const status = Number(text.split(' ')[1]);
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
        const has = status >= 200 && status !== 204 && status !== 304 && !head ? length : 0;
        if (bytes.length < end + 4 + has) return undefined;
        const body = bytes.subarray(end + 4, end + 4 + has).toString();
        bytes = bytes.subarray(end + 4 + has);
        return { status, head: text, body };
      }).then((found) => found ?? null),
    /* One frame; null at the end. */
    frame: () =>
      until(() => {
        if (bytes.length < 2) return undefined;
        let length = bytes[1] & 127;
        let from = 2;
        if (length === 126) {
          if (bytes.length < 4) return undefined;
          length = bytes.readUInt16BE(2);
          from = 4;
        } else if (length === 127) {
          if (bytes.length < 10) return undefined;
          length = Number(bytes.readBigUInt64BE(2));
          from = 10;
        }
        if (bytes.length < from + length) return undefined;
        const payload = bytes.subarray(from, from + length);
        const found = { opcode: bytes[0] & 15, fin: bytes[0] >> 7 === 1, payload };
        bytes = bytes.subarray(from + length);
        return found;
      }).then((found) => found ?? null),
    ended: () => until(() => (ended ? true : undefined)),
    pending: () => bytes.length,
    destroy: () => socket.destroy(),
  };
}

export const handshake = {
  Host: '127.0.0.1',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': 'faq.v1',
};
/* Header values may be arrays (several headers of one name) or null (left out). */
export function request(first, headers) {
  const lines = [first];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of value === null ? [] : [value].flat()) lines.push(`${name}: ${one}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/* A bare socket that is a WebSocket already. */
export async function upgraded(daemon, headers = {}) {
  const socket = bare(daemon.port);
  socket.write(request('GET /ws HTTP/1.1', { ...handshake, ...headers }));
  const response = await socket.response();
  assert.equal(response?.status, 101);
  return socket;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
export function frame(opcode, payload = '', { fin = true, announce = null } = {}) {
  const bytes = Buffer.from(payload);
  const length = announce ?? bytes.length;
  const head = [opcode | (fin ? 128 : 0)];
  if (length < 126) head.push(128 | length);
  else if (length < 65536) head.push(128 | 126, length >> 8, length & 255);
  else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(length));
    head.push(128 | 127, ...long);
  }
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), mask, bytes.map((byte, i) => byte ^ mask[i & 3])]);
}
export const closeFrame = (code, reason = '') => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return frame(CLOSE, Buffer.concat([bytes, Buffer.from(reason)]));
};
/* The code of the close frame that comes next, whatever came before it. */
export async function closeCode(socket) {
  for (;;) {
    const found = await socket.frame();
    if (found === null) return null;
    if (found.opcode === CLOSE) return found.payload.length >= 2 ? found.payload.readUInt16BE(0) : 1005;
  }
}
export async function nextText(socket) {
  for (;;) {
    const found = await socket.frame();
    if (found === null) return null;
    if (found.opcode === TEXT) return JSON.parse(found.payload);
  }
}
/* A message of exactly so many bytes. */
export const messageOf = (bytes, id = 'x') => {
  const head = `{"type":"ask","id":"${id}","text":"料金","pad":"`;
  return `${head}${'x'.repeat(bytes - Buffer.byteLength(head) - 2)}"}`;
};

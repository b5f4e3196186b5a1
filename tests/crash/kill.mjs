/*
 * kill.mjs - what was acknowledged is in the log, whenever the daemon dies
 *
 *   FAQD=build/release/faqd node tests/crash/kill.mjs
 *
 * ROUNDS times (default 50): clients ask as fast as they are answered, SIGKILL hits at a random
 * moment, the daemon starts again on the same database. Every question number that a client was
 * given must be a row with that client's text, and no id of a session may have two rows. Then the
 * clients go on with their tokens and ask once more what was not answered. READY_MS (default 1000)
 * is how long a start may take.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const rounds = Number(process.env.ROUNDS ?? 50);
const readyMax = Number(process.env.READY_MS ?? 1000);
const clients = Number(process.env.CLIENTS ?? 40);
const binary = process.env.FAQD;
if (!binary) throw new Error('set FAQD to the path of the faqd binary');

const dir = mkdtempSync(join(tmpdir(), 'faqd-crash-'));
const file = join(dir, 'x.db');
mkdirSync(join(dir, 'content/intents'), { recursive: true });
mkdirSync(join(dir, 'content/kb'));
for (const [id, title] of [['price', '料金'], ['hours', '営業時間']]) {
  const intent = { keywords: [title], examples: [`${title}を教えて`] };
  writeFileSync(join(dir, `content/intents/${id}.json`), JSON.stringify(intent));
  writeFileSync(join(dir, `content/kb/${id}.md`), `# ${title}\n\n${title}の答えです。\n`);
}

async function start() {
  const began = performance.now();
  const child = spawn(
    binary,
    [
      '--content', join(dir, 'content'), '--listen', '127.0.0.1:0', '--store', `sqlite:${file}`,
      '--set', 'limits.messages_per_second=0', '--set', 'limits.connections_per_address=0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  child.stderr.on('data', (bytes) => (complaints += bytes));
  const exited = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^ready http=\S+:(\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
    });
    exited.then((code) => reject(new Error(`faqd ended with ${code}:\n${complaints}`)));
  });
  return { child, port, exited, readyMs: performance.now() - began };
}

/* A visitor who goes on with his dialogue after each crash. */
class Visitor {
  constructor(number) {
    this.number = number;
    this.session = null;
    this.asked = 0;
    this.open = null; /* the message without an answer */
  }
  live(port, onReply) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'faq.v1');
    const ask = () => {
      if (this.open === null) {
        this.asked += 1;
        const text = `料金は ${this.number} の ${this.asked} 番目`;
        this.open = { type: 'ask', id: `${this.number}-${this.asked}`, text };
      }
      socket.send(JSON.stringify(this.open));
    };
    socket.on('error', () => {});
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', session: this.session })));
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.session) this.session = message.session;
      if (message.type === 'reply') {
        if (message.id !== this.open.id) throw new Error(`answer to ${message.id}`);
        if (message.question !== null) onReply(message.question, this.open.text);
        this.open = null;
      } else if (message.type === 'error') {
        throw new Error(JSON.stringify(message));
      }
      if (socket.readyState === WebSocket.OPEN) ask();
    });
    return new Promise((resolve) => socket.on('close', resolve));
  }
}

const query = (sql) => {
  const out = execFileSync('sqlite3', ['-readonly', '-json', file, sql], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return out.trim() === '' ? [] : JSON.parse(out);
};

const visitors = Array.from({ length: clients }, (_, i) => new Visitor(i));
let acknowledged = 0;
let lost = 0;
let slowest = 0;
for (let round = 0; round < rounds; round++) {
  const daemon = await start();
  slowest = Math.max(slowest, daemon.readyMs);
  const given = new Map();
  const talks = visitors.map((v) => v.live(daemon.port, (id, text) => given.set(id, text)));
  await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 400));
  daemon.child.kill('SIGKILL');
  await daemon.exited;
  await Promise.all(talks);

  /* Read after a restart: what counts is what the next daemon finds. */
  const next = await start();
  slowest = Math.max(slowest, next.readyMs);
  const rows = new Map(query('SELECT id, text FROM questions').map((r) => [String(r.id), r.text]));
  for (const [id, text] of given) {
    acknowledged += 1;
    if (rows.get(id) !== text) {
      lost += 1;
      console.error(`round ${round}: question ${id} '${text}' is ${rows.get(id) ?? 'not there'}`);
    }
  }
  next.child.kill('SIGTERM');
  const code = await next.exited;
  if (code !== 0) throw new Error(`SIGTERM ended with ${code}`);
}
const [{ doubled }] = query(
  'SELECT count(*) AS doubled FROM (SELECT text FROM questions GROUP BY text HAVING count(*) > 1)',
);
const [{ integrity_check: integrity }] = query('PRAGMA integrity_check');
rmSync(dir, { recursive: true, force: true });
console.log(
  `rounds=${rounds} acknowledged=${acknowledged} lost=${lost} doubled=${doubled} ` +
    `integrity=${integrity} ready_ms_max=${Math.round(slowest)}`,
);
const fine = lost === 0 && doubled === 0 && integrity === 'ok' && slowest <= readyMax;
process.exit(fine && acknowledged > 0 ? 0 : 1);

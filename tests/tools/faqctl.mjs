/*
 * faqctl.mjs - runs the real faqctl, on the shipped content or on a small one of its own
 *
 * FAQCTL names the binary. Each content directory lies in the system's folder for temporary files and
 * goes when the test ends.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export function binary() {
  assert.ok(process.env.FAQCTL, 'set FAQCTL to the path of the faqctl binary');
  return process.env.FAQCTL;
}

/* { status, out, err }; a sanitizer's report has a status of its own and fails whoever compares. */
export function faqctl(args, { input = '', cwd = root, env = {} } = {}) {
  const run = spawnSync(binary(), args, {
    input,
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 64 << 20,
  });
  assert.equal(run.error, undefined);
  assert.equal(run.signal, null, run.stderr.toString());
  return { status: run.status, out: run.stdout.toString(), err: run.stderr.toString() };
}

/* faqctl match: the objects that come out for these lines. */
export function match(lines, { content = root, args = [] } = {}) {
  const text = lines.map((l) => (typeof l === 'string' || Buffer.isBuffer(l) ? l : JSON.stringify(l)));
  const input = Buffer.concat(text.flatMap((l) => [Buffer.from(l), Buffer.from('\n')]));
  const run = faqctl(['match', '--content', content, ...args], { input });
  const out = run.out.split('\n');
  assert.equal(out.pop(), '', 'the last line ends');
  return { ...run, replies: out.map((line) => JSON.parse(line)) };
}

/* An open `faqctl match`: say(line) resolves with the next line that comes out. */
export function openMatch(content) {
  const child = spawn(binary(), ['match', '--content', content], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let waiting = null;
  child.stdout.on('data', (bytes) => {
    text += bytes;
    const end = text.indexOf('\n');
    if (waiting && end >= 0) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const resolve = waiting;
      waiting = null;
      resolve(JSON.parse(line));
    }
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  return {
    say(line) {
      return new Promise((resolve) => {
        waiting = resolve;
        child.stdin.write(`${line}\n`);
      });
    },
    async end() {
      child.stdin.end();
      return exited;
    },
  };
}

const bakery = {
  'intents/hours.json': `{
  "keywords": ["営業時間", "何時 + 開店"],
  "examples": ["営業時間を教えてください", "何時まで開いていますか", "日曜も開いていますか"]
}
`,
  'intents/price.json': `{
  "keywords": ["食パン + 値段"],
  "patterns": ["食パン.{0,6}何円"],
  "unless": ["クリームパン"],
  "after": { "hours": ["お値段"] },
  "examples": ["食パンはいくらですか", "食パンの値段を教えて"]
}
`,
  'intents/reject-other.json': '{"reject": true, "examples": ["近くの駅はどこですか", "天気を教えて"]}\n',
  'kb/hours.md': '# 営業時間\n\n9時から18時までです。\n',
  'kb/price.md': '# 食パンの値段\n\n一斤300円です。\n',
};

/* The directory of a small shop's content; `files` are added, replace others, or (null) take them out. */
export function content(t, files = {}, base = bakery) {
  const dir = mkdtempSync(join(tmpdir(), 'faqctl-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries({ ...base, ...files })) {
    if (bytes === null) continue;
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), bytes);
  }
  return dir;
}

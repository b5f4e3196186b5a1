/*
 * daemon.mjs - a faqd of its own for each test file: free port, fresh database, and a look at
 * the exit status, so that a sanitizer's report or a crash fails the test.
 *
 * FAQD names the binary. Nothing here waits for a time: only for the `ready` line and the exit.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/* A tiny FAQ of the tests' own: 「相談」 always leaves two topics to choose from. */
const site = fileURLToPath(new URL('site/', import.meta.url));

/* { base, port, stop() }; `args` go to faqd, `port` asks for the port of an earlier one. */
export async function startDaemon({ port = 0, args = [], dir = null, content = root } = {}) {
  const binary = process.env.FAQD;
  assert.ok(binary, 'set FAQD to the path of the faqd binary');
  const own = dir === null;
  dir ??= await mkdtemp(join(tmpdir(), 'faqd-browser-'));

  const child = spawn(
    binary,
    ['--content', content, '--listen', `127.0.0.1:${port}`, '--store', `sqlite:${dir}/x.db`, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  child.stderr.on('data', (bytes) => (complaints = (complaints + bytes).slice(-8000)));
  const exited = new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) => resolve({ code: null, signal: String(error) }));
  });

  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((resolve) => {
    lines.on('line', (line) => {
      const found = /^ready http=127\.0\.0\.1:(\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  const started = await Promise.race([ready, exited]);
  if (typeof started !== 'number') {
    throw new Error(`faqd did not start (${JSON.stringify(started)}):\n${complaints}`);
  }

  return {
    dir,
    port: started,
    base: `http://127.0.0.1:${started}/`,
    /* Rows of its log, by Debian's sqlite3. */
    rows(sql) {
      const text = execFileSync('sqlite3', ['-json', '-readonly', join(dir, 'x.db'), sql], {
        encoding: 'utf8',
      });
      return text.trim() === '' ? [] : JSON.parse(text);
    },
    signal: (name) => child.kill(name),
    /* Not a good-bye: the machine lost its power. */
    async crash() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop({ keep = false } = {}) {
      child.kill('SIGTERM');
      const end = await exited;
      if (own && !keep) await rm(dir, { recursive: true, force: true });
      assert.deepEqual(end, { code: 0, signal: null }, `faqd ended badly:\n${complaints}`);
    },
  };
}

export const startSmall = (options = {}) =>
  startDaemon({
    content: site,
    ...options,
    args: ['--set', 'match.answer_at=0.95', ...(options.args ?? [])],
  });

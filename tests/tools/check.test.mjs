/* faqctl check: all that is wrong in one run, each with file, line and mend. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, faqctl } from './faqctl.mjs';

const answer = '# 題\n\n本文です。\n';

test('the shipped content is fine, and stays fine when warnings count', () => {
  const { status, out } = faqctl(['check', '--strict', '--now', '2026-10-01']);
  assert.equal(status, 0, out);
  assert.match(out, /^\d+ intents, \d+ keyword lines, .*: fine\n$/);
});

test('many things broken at once: one run reports each with its file, its line and what to do', (t) => {
  const dir = content(t, {
    'intents/brace.json': '{\n  "keywords": ["a"],\n  "examples": ["x"]\n',
    'intents/key.json': '{\n  "keywords": ["駐車場"],\n  "exampels": ["x"]\n}\n',
    'intents/regex.json': '{\n  "patterns": [\n    "料金",\n    "(料金|費用"\n  ]\n}\n',
    'intents/topic.json': '{\n  "keywords": ["住所"],\n  "related": [\n    "hourss"\n  ]\n}\n',
    'intents/bytes.json': Buffer.from('{\n  "keywords": [\n    "\xff\xfe"\n  ]\n}\n', 'latin1'),
    'intents/unanswered.json': '{\n  "keywords": ["予約"]\n}\n',
    'kb/brace.md': answer,
    'kb/key.md': answer,
    'kb/regex.md': answer,
    'kb/topic.md': answer,
    'kb/bytes.md': answer,
    'kb/orphan.md': answer,
    'kb/html.md': '# 題\n\n<b>太字</b>\n',
    'intents/html.json': '{"keywords": ["太字"]}\n',
  });
  const { status, out } = faqctl(['check', '--content', dir]);
  assert.equal(status, 1);
  for (const line of [
    /^intents\/brace\.json:\d: .*brace that is missing/m,
    /^intents\/key\.json:3: unknown key 'exampels': did you mean 'examples'\?/m,
    /^intents\/regex\.json:4: .*parenthesis.*: close it/m,
    /^intents\/topic\.json:4: .*hourss.*did you mean 'hours'\?/m,
    /^intents\/bytes\.json:3: .*UTF-8: save it/m,
    /^intents\/unanswered\.json:1: has no answer: write kb\/unanswered\.md/m,
    /^kb\/orphan\.md: .*without an intent: add intents\/orphan\.json/m,
    /^kb\/html\.md:3: /m,
    /^\d+ errors, \d+ warnings?$/m,
  ])
    assert.match(out, line);
  const files = out.split('\n').slice(0, -2).map((line) => line.split(':')[0]);
  assert.deepEqual(files, [...files].sort(), 'sorted by file');
});

test('an expired answer is a warning from the day after, and a finding with --strict', (t) => {
  const dir = content(t, { 'kb/price.md': '---\nvalid-until: 2025-03-31\n---\n# 値段\n\n300円です。\n' });
  const check = (...args) => faqctl(['check', '--content', dir, ...args]);
  assert.match(check('--now', '2025-03-31', '--strict').out, /: fine\n$/);
  assert.equal(check('--now', '2025-03-31', '--strict').status, 0);
  const late = check('--now', '2025-04-01');
  assert.equal(late.status, 0);
  assert.match(late.out, /^kb\/price\.md:2: warning: /);
  assert.match(late.out, /1 warning, else fine\n$/);
  assert.equal(check('--now', '2025-04-01', '--strict').status, 1);
});

test('a pattern without a word that must occur is named as slow, with its line', (t) => {
  const dir = content(t, { 'intents/hours.json': '{\n  "patterns": [\n    "営業",\n    "[0-9]+"\n  ]\n}\n' });
  const { status, out } = faqctl(['check', '--content', dir]);
  assert.equal(status, 0);
  assert.match(out, /^intents\/hours\.json:4: warning: patterns\[1\]: '\[0-9\]\+' .*every question/);
  assert.equal(out.match(/warning: /g).length, 1);
});

test('a directory without intents is broken content, not trouble', (t) => {
  const dir = content(t, { 'kb/only.md': answer }, {});
  assert.equal(faqctl(['check', '--content', dir]).status, 1);
});

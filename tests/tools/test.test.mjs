/* faqctl test: how it counts, held to numbers that were counted by hand. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { content, faqctl, match } from './faqctl.mjs';

/* Thresholds at the ends make each outcome certain, so that the counts do not hang on the model. */
const answerAll = ['--set', 'match.answer_at=0'];
const answerNone = ['--set', 'match.answer_at=1', '--set', 'match.choose_at=1'];

function run(t, name, lines, args = [], files = {}) {
  const dir = content(t, files);
  const file = join(dir, name);
  writeFileSync(file, lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n'));
  return { ...faqctl(['test', '--content', dir, ...args, file]), file };
}
const json = (t, name, lines, args, files) => {
  const { status, out, err } = run(t, name, lines, ['--json', ...args], files);
  assert.ok(status <= 1, err);
  return { status, ...JSON.parse(out) };
};
const counts = ({ all, right, offered, wrong, silent }) => [all, right, offered, wrong, silent];

const asked = [
  { q: '営業時間は?', want: 'hours', tag: 'plain' },
  { q: '営業時間は?', want: 'price', tag: 'plain' },
  { q: '営業時間は?', want: 'price', accept: ['hours'] },
  { q: '営業時間は?', choose: ['hours', 'price'] },
  { q: '営業時間は?', want: null, tag: 'trap' },
  { q: '営業時間は?', want: null, accept: ['hours'] },
];

test('answered: right, wrong, accepted, one of two, and out of scope', (t) => {
  const r = json(t, 'x.jsonl', asked, answerAll);
  assert.deepEqual(counts(r.files[0].in_scope), [4, 2, 1, 1, 0]);
  assert.equal(r.files[0].in_scope.score, 2.5 / 4);
  assert.deepEqual(counts(r.files[0].out_of_scope), [2, 1, 0, 1, 0]);
  assert.deepEqual(r.all, { in_scope: r.files[0].in_scope, out_of_scope: r.files[0].out_of_scope });
  assert.deepEqual(r.tags.map((x) => [x.tag, x.in_scope.all, x.out_of_scope.all]), [['plain', 2, 0], ['trap', 0, 1]]);
  assert.equal(r.reliability.reduce((n, b) => n + b.n, 0), asked.length);
});

test('unanswered: silent in scope, right out of scope', (t) => {
  const r = json(t, 'x.jsonl', asked, answerNone);
  assert.deepEqual(counts(r.files[0].in_scope), [4, 0, 0, 0, 4]);
  assert.deepEqual(counts(r.files[0].out_of_scope), [2, 2, 0, 0, 0]);
});

test('offered: both of two is right, one of more is half, none is wrong', (t) => {
  const q = '食パンの値段と営業時間';
  const files = { 'intents/bus.json': '{"keywords": ["バス停"]}\n', 'kb/bus.md': '# バス停\n\n駅前です。\n' };
  const r = json(
    t,
    'x.jsonl',
    [{ q, choose: ['price', 'hours'] }, { q, want: 'hours' }, { q, choose: ['hours', 'bus'] }, { q, want: 'bus' }, { q, want: null }],
    ['--set', 'match.answer_at=1', '--set', 'match.choose_at=0'],
    files,
  );
  assert.ok(r.misses.every((m) => m.got.startsWith('choose ')), JSON.stringify(r.misses));
  assert.deepEqual(counts(r.files[0].in_scope), [4, 1, 2, 1, 0]);
  assert.deepEqual(counts(r.files[0].out_of_scope), [1, 0, 0, 1, 0]);
});

test('an example that does not reach its topic is named with its line and what stood against it', (t) => {
  const files = {
    'intents/clock.json': '{\n  "unless": ["食パン"],\n  "examples": [\n    "時計はありますか",\n    "食パンの時計"\n  ]\n}\n',
    'kb/clock.md': '# 時計\n\nあります。\n',
  };
  const { status, out } = run(t, 'x.jsonl', [], [], files);
  assert.equal(status, 1);
  assert.match(out, /^intents\/clock\.json:5: '食パンの時計' should land on clock, but got /m);
  assert.match(out, /  for clock:\n {4}unless line "食パン" {2}\(intents\/clock\.json:2\)/);
  assert.match(out, /^examples: \d+ of \d+ reach their topic$/m);
});

test('must-pass.jsonl alone decides the exit status', (t) => {
  const wrong = [{ q: '営業時間は?', want: 'price' }];
  const examplesPass = { 'intents/reject-other.json': null };
  assert.equal(run(t, 'other.jsonl', wrong, answerAll, examplesPass).status, 0);
  const { status, out } = run(t, 'must-pass.jsonl', wrong, answerAll, examplesPass);
  assert.equal(status, 1);
  assert.match(out, /must-pass\.jsonl: not all right/);
});

test('misses are grouped; -v shows the sentences and the figures by tag', (t) => {
  const lines = [asked[1], { ...asked[1], q: '営業時間を教えて' }, asked[4]];
  const brief = run(t, 'x.jsonl', lines, answerAll);
  assert.match(brief.out, / 2 {2}price -> hours {2}\(wrong\)/);
  assert.match(brief.out, /expected calibration error \d\.\d{3}/);
  assert.doesNotMatch(brief.out, /x\.jsonl:2/);
  const full = run(t, 'x.jsonl', lines, [...answerAll, '-v']);
  assert.match(full.out, /x\.jsonl:2: 営業時間を教えて/);
  assert.match(full.out, /^plain +in scope +2 /m);
  assert.match(full.out, /x\.jsonl:2: .*\n {2}for hours:\n {4}keyword line "営業時間" {2}\(intents\/hours\.json:2\)/);
  assert.match(full.out, /\n {2}for price:\n/);
});

test('the trade-off says what would be right and wrong at other thresholds', (t) => {
  const dir = content(t);
  const { confidence } = match([asked[0].q], { content: dir }).replies[0];
  const r = json(t, 'x.jsonl', asked, answerNone);
  assert.deepEqual(r.thresholds, { answer_at: 1, choose_at: 1 });
  assert.deepEqual(r.tradeoff.map((x) => x.at), [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
  assert.ok(confidence > 0.5, 'else nothing is answered at all');
  for (const { at, ...counted } of r.tradeoff) {
    const answered = { right: 3, wrong: 1, silent: 0, answered_out_of_scope: 1 };
    const silent = { right: 0, wrong: 0, silent: 4, answered_out_of_scope: 0 };
    assert.deepEqual(counted, confidence >= at ? answered : silent, `at ${at}`);
  }
  const { out } = run(t, 'x.jsonl', asked, answerNone);
  assert.match(out, /^thresholds: answered at 1\.00, offered at 1\.00$/m);
  assert.match(out, /^0\.50 +75\.0% +25\.0% +0\.0% +50\.0%$/m);
});

/* パン代 stands in 食パン代 but not in 食パン、代: without its comma the example vetoes itself. */
const comma = {
  'intents/price.json': '{\n  "unless": ["パン代"],\n  "examples": ["食パン、代はいくらですか"]\n}\n',
  'intents/reject-other.json': null,
};

test('a variant that loses its topic is named with its kind and example, and is a finding', (t) => {
  const brief = run(t, 'x.jsonl', [], [], comma);
  assert.equal(brief.status, 1);
  assert.match(brief.out, /^examples: 4 of 4 reach their topic$/m);
  assert.match(brief.out, /^punctuation: 1 of \d+ lost their topic, which is too many$/m);
  assert.match(brief.out, /^ {3}1 {2}price {2}all terms found$/m);
  assert.match(brief.out, /^emoji +8 +100\.00% +100% /m);
  const full = run(t, 'x.jsonl', [], ['-v'], comma);
  assert.match(full.out, /intents\/price\.json:3: '食パン、代はいくらですか' as '食パン代はいくらですか': /);
  const r = json(t, 'x.jsonl', [], [], comma);
  const kind = r.variants.find((x) => x.kind === 'punctuation');
  assert.equal(kind.all - kind.kept, 1);
  assert.deepEqual(r.lost.map((x) => [x.kind, x.line, x.want, x.variant]), [['punctuation', 3, 'price', '食パン代はいくらですか']]);
});

test('--quick asks no variants', (t) => {
  const { status, out } = run(t, 'x.jsonl', [], ['--quick'], comma);
  assert.equal(status, 0);
  assert.doesNotMatch(out, /punctuation/);
  assert.deepEqual(json(t, 'x.jsonl', [], ['--quick'], comma).variants, []);
});

test('an example that misses its topic has no variants: it is reported already', (t) => {
  const files = { ...comma, 'intents/price.json': '{"unless": ["パン"], "examples": ["食パン はいくらですか"]}' };
  const r = json(t, 'x.jsonl', [], [], files);
  assert.equal(r.status, 1);
  assert.equal(r.examples.failed.length, 1);
  assert.deepEqual(r.lost, []);
});

test('a dialogue goes on from turn to turn, and a new one begins anew', (t) => {
  const r = json(
    t,
    'x.txt',
    ['# a note', '', '# one', '> 営業時間は?', '< hours', '> お値段は?', '< price', '', '# two', '> 営業時間は?', '< price'],
    answerAll,
  );
  assert.deepEqual(r.files[0].dialogues, { all: 2, right: 1 });
  assert.equal(r.files[0].in_scope.all, 3);
});

const broken = [
  ['x.jsonl', '{"q":"a","want":"hours"', /x\.jsonl:1: is no JSON object/],
  ['x.jsonl', '{"q":"a","want":"nowhere"}', /x\.jsonl:1: the content has no such topic: 'nowhere'/],
  ['x.jsonl', '{"q":"a"}', /needs exactly one of 'want' and 'choose'/],
  ['x.jsonl', '{"q":"a","want":null,"wants":1}', /unknown key: 'wants'/],
  ['x.jsonl', '{"want":null}', /'q' must be a string/],
  ['x.txt', '> a', /x\.txt:1: the last question has no '<'/],
  ['x.txt', '< hours', /'<' without a '>'/],
  ['x.txt', 'hello', /must be '> question'/],
];
for (const [name, line, says] of broken) {
  test(`a mistake in a question file is named and nothing is measured: ${line}`, (t) => {
    const { status, out, err } = run(t, name, [line]);
    assert.equal(status, 3);
    assert.equal(out, '');
    assert.match(err, says);
  });
}

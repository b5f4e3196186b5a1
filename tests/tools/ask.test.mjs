/* faqctl ask: for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, faqctl } from './faqctl.mjs';

const ask = (t, question, { files = {}, args = [] } = {}) =>
  faqctl(['ask', '--content', content(t, files), ...args, question]);

test('the words that counted are marked, the answer and its reasons follow', (t) => {
  const { status, out } = ask(t, '食パンの値段は?');
  assert.equal(status, 0);
  assert.match(out, /^質問 {2}【食パン】の【値段】は\?\n/);
  assert.match(out, /回答 {2}食パンの値段 \(price, 確信度 [01]\.\d\d\)/);
  assert.match(out, /\n {2}一斤300円です。\n/);
  assert.match(out, /キーワード「食パン \+ 値段」 {2}\(intents\/price\.json:2\)/);
  assert.match(out, /いちばん近い例文「食パンの値段」 {2}\(kb\/price\.md\)/);
  assert.match(ask(t, '食パンの値段').out, /同じ質問の例文「食パンの値段」 {2}\(kb\/price\.md\)/);
});

test('the nearest example is shown with its place', (t) => {
  assert.match(ask(t, '日曜も開いていますかね').out, /例文「日曜も開いていますか」 {2}\(intents\/hours\.json:3\)/);
});

test('an example of any reject intent is shown with the file that it stands in', (t) => {
  const files = { 'intents/reject-a.json': '{"reject": true, "examples": ["宝くじの当選番号は"]}\n' };
  assert.match(ask(t, '宝くじの当選番号はね', { files }).out, /例文「宝くじの当選番号は」 {2}\(intents\/reject-a\.json:1\)/);
  assert.match(ask(t, '今日の天気を教えて', { files }).out, /例文「天気を教えて」 {2}\(intents\/reject-other\.json:1\)/);
});

test('a pattern is shown as it was written, with its place', (t) => {
  assert.match(ask(t, '食パンって何円').out, /パターン「食パン\.\{0,6\}何円」 {2}\(intents\/price\.json:3\)/);
});

test('English questions are explained in English, and --lang decides', (t) => {
  const files = { 'kb/en/hours.md': '# Opening hours\n\nFrom 9 to 18.\n' };
  assert.match(ask(t, 'When are you open? 営業時間', { files, args: ['--lang', 'en'] }).out, /^question .*\nanswer {2}Opening hours/);
  assert.match(ask(t, '営業時間', { files, args: ['--lang', 'ja'] }).out, /^質問/);
});

test('a topic that a veto took out is named with the veto', (t) => {
  const { out } = ask(t, '食パンとクリームパンの値段');
  assert.match(out, /除外した話題 {2}食パンの値段 \(price\)/);
  assert.match(out, /除外キーワード\(unless\)「クリームパン」 {2}\(intents\/price\.json:4\)/);
});

test('a shorter line that gave way to a longer one of another topic says so', (t) => {
  const files = { 'intents/bread.json': '{"keywords": ["食パン"]}\n', 'kb/bread.md': '# 食パンとは\n\nパンです。\n' };
  assert.match(ask(t, '食パンの値段', { files }).out, /キーワード「食パン」 .*price のより長いキーワードを優先/);
});

test('unanswered: exit 0, with the ways to reach people, open or closed at --now', (t) => {
  const files = {
    'kb/site.json': JSON.stringify({
      contacts: [{ id: 'shop', label: { ja: '本店' }, phone: '03-0000-0000', hours: [{ days: ['wed'], from: '9:00', to: '18:00' }] }],
    }),
  };
  const at = (now) => ask(t, '天気を教えて', { files, args: ['--now', now] });
  const open = at('2026-09-23T10:00'), closed = at('2026-09-23T18:00');
  assert.equal(open.status, 0);
  assert.match(open.out, /回答 {2}回答なし/);
  assert.match(open.out, /本店 .*03-0000-0000 .*受付中/);
  assert.doesNotMatch(closed.out, /受付中/);
  assert.match(open.out, /次の候補 {2}reject-other.*\n {2}- FAQの対象外/);
});

test('an expired answer shows its note first', (t) => {
  const files = { 'kb/price.md': '---\nvalid-until: 2025-03-31\n---\n# 食パンの値段\n\n一斤300円です。\n' };
  const at = (now) => ask(t, '食パンの値段', { files, args: ['--now', now] }).out;
  assert.match(at('2025-04-01'), /2025年3月31日[^]*一斤300円/);
  assert.doesNotMatch(at('2025-03-31'), /2025年3月31日/);
});

test('a question is shown without what a terminal would obey', (t) => {
  const { out } = ask(t, '営業時間\u001b[2J\u0007は?');
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f]/.test(out));
});

test('--context is the topic before; an unknown one is a mistake', (t) => {
  assert.match(ask(t, 'お値段は?', { args: ['--context', 'hours'] }).out, /続きの質問としてのキーワード「お値段」/);
  assert.equal(ask(t, 'お値段は?', { args: ['--context', 'nowhere'] }).status, 2);
});

test('--json holds the reply of the wire, the evidence and the ranking', (t) => {
  const { reply, why, ranking } = JSON.parse(ask(t, '食パンの値段', { args: ['--json'] }).out);
  assert.equal(reply.outcome, 'answer');
  assert.equal(reply.text, '一斤300円です。');
  assert.ok(why.some((w) => w.source === 'term' && w.what === '値段'));
  assert.equal(ranking[0].intent, 'price');
});

test('nothing to ask is a usage mistake', (t) => {
  assert.equal(ask(t, '!?').status, 2);
});

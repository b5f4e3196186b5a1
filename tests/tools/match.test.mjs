/* faqctl match: the contract that other programs rely on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, faqctl, match, openMatch } from './faqctl.mjs';

const keys = ['outcome', 'intent', 'confidence', 'choices', 'why'];
const slice = (q, { begin, end }) => [...q].slice(begin, end).join('');

test('one line out for each line in, in order, whatever stands on it', (t) => {
  const { status, replies } = match(
    [
      '営業時間は?',
      '',
      ' \t ',
      '{bad',
      '{"q":"営業時間は?"',
      '[1]',
      { q: 1 },
      { text: '営業時間は?' },
      '{"q":"営業時間","q":"食パン"}',
      '{"q":"\\ud83d"}',
      '!?。',
      { q: '' },
      { q: '食パンの値段', context: 'nowhere' },
      { q: '食パンの値段', context: 7 },
      '食パンの値段',
    ],
    { content: content(t) },
  );
  const outcomes = replies.map((r) => r.outcome);
  assert.equal(outcomes.length, 15);
  assert.deepEqual(outcomes.slice(1, 5), ['error', 'error', 'error', 'error']);
  assert.notEqual(outcomes[5], 'error', 'a line that begins with [ is a question');
  assert.deepEqual(outcomes.slice(6, 14), Array(8).fill('error'));
  assert.equal(replies[0].intent, 'hours');
  assert.equal(replies[14].intent, 'price');
  for (const r of replies.filter((r) => r.outcome === 'error'))
    assert.ok(typeof r.error === 'string' && r.error.length > 0);
  assert.equal(status, 1);
});

test('without errors the exit status is 0, also for no line at all and a last line without its end', (t) => {
  const dir = content(t);
  assert.deepEqual(match([], { content: dir }).replies, []);
  const { status, out } = faqctl(['match', '--content', dir], { input: '営業時間は?\r\n食パンの値段' });
  assert.equal(status, 0);
  assert.deepEqual(out.trim().split('\n').map((l) => JSON.parse(l).intent), ['hours', 'price']);
});

test('a line of 1 MiB is a question, a longer one an error, and the next one is answered', (t) => {
  const { replies } = match(['a'.repeat(1 << 20), 'b'.repeat((1 << 20) + 1), 'c'.repeat(3 << 20), '営業時間は?'], {
    content: content(t),
  });
  assert.deepEqual(replies.map((r) => r.outcome === 'error'), [false, true, true, false]);
  assert.equal(replies[3].intent, 'hours');
});

test('invalid UTF-8 and NUL in a question do no harm; in JSON they are an error', (t) => {
  const { replies } = match(
    [
      Buffer.concat([Buffer.from([0xff, 0xe3, 0x81]), Buffer.from('営業時間は?')]),
      Buffer.from('営業時間\0は?'),
      Buffer.concat([Buffer.from('{"q":"営業時間'), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
    { content: content(t) },
  );
  assert.deepEqual(replies.map((r) => r.intent), ['hours', 'hours', null]);
  assert.equal(replies[2].outcome, 'error');
  const term = replies[0].why.find((w) => w.source === 'term');
  assert.deepEqual([term.begin, term.end], [2, 6], 'two bad sequences are two code points');
});

const places = [
  ['emoji before it', '😀😀営業時間は?', '営業時間'],
  ['full width and half width', 'ＡＢＣ ｴｲ 営業時間', '営業時間'],
  ['a decomposed letter before it', 'が営業時間', '営業時間'],
  ['a family of joined emoji', '👨‍👩‍👧 営業時間を知りたい', '営業時間'],
];
for (const [name, q, word] of places) {
  test(`begin and end are code points of q: ${name}`, (t) => {
    const dir = content(t);
    const units = q.split('').map((u) => `\\u${u.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const escaped = `{"q":"${units.join('')}"}`;
    for (const line of [q, { q }, escaped]) {
      const [reply] = match([line], { content: dir }).replies;
      const term = reply.why.find((w) => w.source === 'term' && w.intent === 'hours');
      assert.equal(slice(q, term), word);
    }
  });
}

test('context is the topic before: it counts for its line alone', (t) => {
  const { replies } = match(
    [{ q: 'お値段は?', context: 'hours' }, { q: 'お値段は?', context: null }, { q: 'お値段は?' }],
    { content: content(t) },
  );
  assert.equal(replies[0].intent, 'price');
  assert.ok(replies[0].why.some((w) => w.source === 'context' && w.intent === 'price'));
  for (const r of replies.slice(1)) assert.ok(!r.why.some((w) => w.source === 'context'));
  assert.deepEqual(replies[1], replies[2]);
});

test('unknown members and languages do not matter', (t) => {
  const [plain, more] = match([{ q: '営業時間' }, { q: '営業時間', lang: 'fr', tag: ['x'], want: null }], {
    content: content(t),
  }).replies;
  assert.deepEqual(plain, more);
});

test('the shape of every reply, on the shipped content', () => {
  const questions = [
    'v6オプションの料金はいくらですか', '料金', '申し込み', '使える回線と接続方式', '解約したい',
    'こんにちは', '東京都', 'CAF1234567890', 'CAF123', '今日の天気は', 'zzzz', 'What is a customer ID?',
    'お客さまIDはどこですか。費用も知りたい', '初期費用と月額、両方教えて', 'パスワードを忘れた',
  ];
  const { status, replies } = match(questions);
  assert.equal(status, 0);
  replies.forEach((r, i) => {
    assert.deepEqual(Object.keys(r), keys);
    assert.ok(r.confidence >= 0 && r.confidence <= 1);
    assert.ok(r.intent === null || /^[a-z0-9-]{1,64}$/.test(r.intent));
    assert.ok(r.intent === null || !r.intent.startsWith('reject-'), 'never a reject intent');
    if (r.outcome === 'answer') assert.deepEqual(r.choices, []);
    else if (r.outcome === 'choose') assert.ok(r.choices.length >= 2 && r.choices.length <= 3);
    else assert.ok(r.outcome === 'unanswered' && r.choices.length <= 3);
    assert.equal(new Set(r.choices).size, r.choices.length);
    assert.equal(new Set(r.why.map((w) => JSON.stringify(w))).size, r.why.length, 'nothing twice');
    for (const w of r.why) {
      assert.deepEqual(Object.keys(w), ['source', 'what', 'intent', 'begin', 'end']);
      assert.match(w.source, /^(term|pattern|example|context|slot|format)$/);
      assert.ok(0 <= w.begin && w.begin <= w.end && w.end <= [...questions[i]].length);
    }
  });
  const of = (q) => replies[questions.indexOf(q)];
  for (const q of ['こんにちは', '東京都', 'CAF1234567890', 'CAF123']) assert.equal(of(q).outcome, 'answer', q);
  assert.ok(of('CAF1234567890').why.some((w) => w.source === 'format'));
  assert.ok(of('東京都').why.some((w) => w.source === 'slot'));
  assert.ok(of('v6オプションの料金はいくらですか').confidence > of('今日の天気は').confidence);
});

test('thresholds can be set: what is surely answered becomes unanswered or a choice', (t) => {
  const dir = content(t);
  const [answered] = match(['食パンの値段'], { content: dir, args: ['--set', 'match.answer_at=0'] }).replies;
  const [refused] = match(['食パンの値段'], {
    content: dir,
    args: ['--set', 'match.answer_at=1', '--set', 'match.choose_at=1'],
  }).replies;
  assert.equal(answered.outcome, 'answer');
  assert.notEqual(refused.outcome, 'answer');
  assert.equal(refused.intent, 'price', 'the best candidate is named all the same');
});

test('the same lines give the same bytes', () => {
  const lines = ['料金', 'v6', '東京', 'hello', '使えますか'];
  assert.equal(match(lines).out, match(lines).out);
});

test('who asks one line at a time through a pipe gets each answer at once', async (t) => {
  const open = openMatch(content(t));
  assert.equal((await open.say('営業時間は?')).intent, 'hours');
  assert.equal((await open.say('食パンの値段')).intent, 'price');
  assert.equal(await open.end(), 0);
});

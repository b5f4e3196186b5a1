/* What is said over a WebSocket, message by message. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, post, startDaemon } from './kit.mjs';

let daemon;
before(async () => (daemon = await startDaemon()));
after(() => daemon?.stop());

let n = 0;
const unique = () => `id-${(n += 1)}`;

test('the daemon is silent until it is asked', async () => {
  const talk = await connect(daemon);
  const answer = await talk.ask('first', '料金はいくらですか');
  assert.equal(answer.type, 'reply');
  assert.equal(talk.received.length, 1);
  await talk.end();
});

test('hello is answered by welcome, with a new dialogue', async () => {
  const talk = await connect(daemon);
  const welcome = await talk.hello(null, { lang: 'ja' });
  assert.equal(welcome.type, 'welcome');
  assert.equal(welcome.resumed, false);
  assert.equal(welcome.lang, 'ja');
  assert.equal(typeof welcome.session, 'string');
  await talk.end();
});

test('a reply has all its members, and its question is a row in the database', async () => {
  const talk = await connect(daemon);
  const id = unique();
  const reply = await talk.ask(id, '料金はいくらですか');
  assert.equal(reply.id, id);
  assert.equal(reply.outcome, 'answer');
  assert.equal(reply.intent, 'price');
  assert.equal(reply.title, '料金');
  assert.match(reply.text, /100円/);
  assert.deepEqual(reply.body, [{ t: 'p', c: ['月額は100円です。'] }]);
  assert.deepEqual(reply.choices, []);
  assert.ok(Array.isArray(reply.contact));
  assert.ok(reply.confidence > 0 && reply.confidence <= 1);
  assert.match(reply.question, /^[1-9][0-9]*$/);
  const [row] = daemon.rows(`SELECT * FROM questions WHERE id=${reply.question}`);
  assert.equal(row.text, '料金はいくらですか');
  assert.equal(row.intent, 'price');
  assert.equal(row.outcome, 'answer');
  await talk.end();
});

test('a question without an id is answered with id null', async () => {
  const talk = await connect(daemon);
  const reply = await talk.say({ type: 'ask', text: '料金はいくらですか' });
  assert.equal(reply.id, null);
  assert.equal(reply.type, 'reply');
  await talk.end();
});

test('answers leave in the order of the questions, errors and suggestions among them', async () => {
  const talk = await connect(daemon);
  const messages = [];
  for (let i = 0; i < 60; i++) {
    const id = unique();
    if (i % 5 === 1) messages.push({ type: 'suggest', id, text: '料' });
    else if (i % 5 === 2) messages.push({ type: 'ask', id, text: '　、。' });
    else if (i % 5 === 3) messages.push({ type: 'nonsense', id });
    else messages.push({ type: 'ask', id, text: '営業時間は' });
  }
  for (const message of messages) talk.send(message);
  for (const message of messages) assert.equal((await talk.next()).id, message.id);
  await talk.end();
});

const errors = [
  ['not JSON', '{', 'bad_json'],
  ['text behind the object', '{"type":"ask","text":"料金"} x', 'bad_json'],
  ['a member twice', '{"type":"ask","text":"料金","text":"料金"}', 'bad_json'],
  ['a lone surrogate', '{"type":"ask","text":"\\ud83d"}', 'bad_json'],
  ['NUL', '{"type":"ask","text":"\\u0000"}', 'bad_json'],
  ['a number 01', '{"type":"ask","text":"料金","x":01}', 'bad_json'],
  ['17 levels', `{"type":"ask","text":"料金","x":${'['.repeat(17)}${']'.repeat(17)}}`, 'bad_json'],
  ['an array', '[]', 'bad_request'],
  ['ask without a text', '{"type":"ask"}', 'bad_request'],
  ['a text that is a number', '{"type":"ask","text":1}', 'bad_request'],
  ['an id of 65 bytes', `{"type":"ask","id":"${'x'.repeat(65)}","text":"料金"}`, 'bad_request'],
  ['rate without helpful', '{"type":"rate","question":"1"}', 'bad_request'],
  ['no type', '{"text":"料金"}', 'bad_request'],
  ['an unknown type', '{"type":"shout","text":"料金"}', 'unknown_type'],
  ['only blanks', '{"type":"ask","text":"  　 "}', 'empty'],
  ['only signs', '{"type":"ask","text":"!?…"}', 'empty'],
  ['an unknown intent', '{"type":"pick","intent":"no-such","question":"1"}', 'unknown_intent'],
  ['an unknown question', '{"type":"pick","intent":"price","question":"999999"}', 'unknown_question'],
  ['a rating of an unknown question', '{"type":"rate","question":"999999","helpful":true}',
    'unknown_question'],
];
for (const [name, message, code] of errors) {
  test(`an error, ${name}: ${code}, and the connection stays open`, async () => {
    const talk = await connect(daemon);
    const before = daemon.rows('SELECT count(*) AS n FROM questions')[0].n;
    talk.socket.send(message);
    const error = await talk.next();
    assert.equal(error.type, 'error');
    assert.equal(error.code, code);
    assert.equal(typeof error.message, 'string');
    assert.equal(daemon.rows('SELECT count(*) AS n FROM questions')[0].n, before, 'not logged');
    assert.equal((await talk.ask(unique(), '料金は')).type, 'reply');
    await talk.end();
  });
}

test('unknown members are ignored', async () => {
  const talk = await connect(daemon);
  const reply = await talk.ask(unique(), '料金は', { later: { deep: [1, null] }, '': 0 });
  assert.equal(reply.intent, 'price');
  await talk.end();
});

test('surrogate pairs are one character', async () => {
  const talk = await connect(daemon);
  talk.socket.send('{"type":"ask","id":"pair","text":"\\ud83d\\ude00料金"}');
  const reply = await talk.next();
  const [row] = daemon.rows(`SELECT text FROM questions WHERE id=${reply.question}`);
  assert.equal(row.text, '😀料金');
  await talk.end();
});

test('500 characters of a question are kept', async () => {
  const talk = await connect(daemon);
  const reply = await talk.ask(unique(), `料金${'あ'.repeat(2000)}`);
  const [row] = daemon.rows(`SELECT text FROM questions WHERE id=${reply.question}`);
  assert.equal([...row.text].length, 500);
  await talk.end();
});

test('what is personal never reaches the database', async () => {
  const talk = await connect(daemon);
  const reply = await talk.ask(unique(), '料金は? 電話は090-1234-5678です');
  const [row] = daemon.rows(`SELECT text FROM questions WHERE id=${reply.question}`);
  assert.doesNotMatch(row.text, /1234/);
  assert.match(row.text, /〔phone〕/);
  await talk.end();
});

test('the page of hello is kept without query and fragment', async () => {
  const talk = await connect(daemon);
  await talk.hello(null, { page: 'https://example.jp/a/b?secret=1#x' });
  const reply = await talk.ask(unique(), '料金は');
  const [row] = daemon.rows(`SELECT page FROM questions WHERE id=${reply.question}`);
  assert.equal(row.page, 'https://example.jp/a/b');
  await talk.end();
});

/* --- dialogues --- */

const sessionOf = (reply) =>
  daemon.rows(`SELECT session FROM questions WHERE id=${reply.question}`)[0].session;

test('a token goes on with its dialogue on another connection', async () => {
  const one = await connect(daemon);
  const first = await one.ask(unique(), '料金は');
  await one.end();
  const two = await connect(daemon);
  const welcome = await two.hello(first.session);
  assert.equal(welcome.resumed, true);
  const second = await two.ask(unique(), '営業時間は');
  assert.equal(sessionOf(first), sessionOf(second));
  await two.end();
});

test('a forged, cut or foreign token is no error: a new dialogue begins', async () => {
  const one = await connect(daemon);
  const first = await one.ask(unique(), '料金は');
  const last = first.session.at(-1) === 'A' ? 'E' : 'A';
  for (const token of [`${first.session.slice(0, -1)}${last}`, first.session.slice(0, 20), 'x', '']) {
    const two = await connect(daemon);
    const welcome = await two.hello(token);
    assert.equal(welcome.type, 'welcome');
    assert.equal(welcome.resumed, false);
    const reply = await two.ask(unique(), '料金は');
    assert.notEqual(sessionOf(reply), sessionOf(first));
    await two.end();
  }
  await one.end();
});

test('the same id asked again in a session gets the first answer, and no second row', async () => {
  const talk = await connect(daemon);
  const id = unique();
  const first = await talk.ask(id, '料金は');
  const again = await talk.ask(id, '営業時間は');
  assert.equal(again.question, first.question);
  assert.equal(again.intent, first.intent);
  assert.equal(again.outcome, first.outcome);
  assert.equal(again.title, first.title);
  assert.equal(
    daemon.rows(`SELECT count(*) AS n FROM questions WHERE session='${sessionOf(first)}'`)[0].n,
    1,
  );
  await talk.end();
});

test('the same id sent many times at once is one row', async () => {
  const talk = await connect(daemon);
  const { session } = await talk.hello();
  const id = unique();
  for (let i = 0; i < 10; i++) talk.send({ type: 'ask', id, text: '料金は' });
  const questions = new Set();
  for (let i = 0; i < 10; i++) questions.add((await talk.next()).question);
  assert.equal(questions.size, 1);
  const over = await post(daemon, { id, text: '料金は', session });
  assert.ok(questions.has(over.json.question), 'over POST, too');
  await talk.end();
});

test('the same id in another session is another question', async () => {
  const id = unique();
  const one = await connect(daemon);
  const two = await connect(daemon);
  const first = await one.ask(id, '料金は');
  const second = await two.ask(id, '料金は');
  assert.notEqual(first.question, second.question);
  await one.end();
  await two.end();
});

test('a retry is recognised after a restart, and so is its dialogue', async () => {
  const own = await startDaemon();
  const one = await connect(own);
  const id = unique();
  const { session } = await one.hello();
  const first = await one.ask(id, '料金は');
  await own.stop({ keep: true });
  const again = await startDaemon({ dir: own.dir });
  const two = await connect(again);
  assert.equal((await two.hello(session)).resumed, true);
  const second = await two.ask(id, '営業時間は');
  assert.equal(second.question, first.question);
  assert.equal(second.intent, 'price');
  await two.end();
  await again.stop({ keep: false });
});

/* --- pick, rate, forget, suggest --- */

test('a pick labels the row and is answered as the topic', async () => {
  const talk = await connect(daemon);
  const asked = await talk.ask(unique(), '営業時間は');
  const id = unique();
  const reply = await talk.say({ type: 'pick', id, intent: 'price', question: asked.question });
  assert.equal(reply.type, 'reply');
  assert.equal(reply.id, id);
  assert.equal(reply.intent, 'price');
  assert.equal(reply.question, asked.question);
  const [row] = daemon.rows(`SELECT picked, intent FROM questions WHERE id=${asked.question}`);
  assert.equal(row.picked, 'price');
  assert.equal(row.intent, 'hours');
  await talk.end();
});

test('none of these is unanswered', async () => {
  const talk = await connect(daemon);
  const asked = await talk.ask(unique(), '営業時間は');
  const reply = await talk.say({
    type: 'pick', id: unique(), intent: null, question: asked.question,
  });
  assert.equal(reply.outcome, 'unanswered');
  assert.ok(Array.isArray(reply.contact));
  assert.equal(daemon.rows(`SELECT picked FROM questions WHERE id=${asked.question}`)[0].picked, '');
  await talk.end();
});

test('a question of another session can neither be picked nor rated', async () => {
  const one = await connect(daemon);
  const two = await connect(daemon);
  const { question } = await one.ask(unique(), '料金は');
  await two.hello();
  const picked = await two.say({ type: 'pick', id: 'p', intent: 'price', question });
  const rated = await two.say({ type: 'rate', id: 'r', question, helpful: true });
  assert.deepEqual([picked.code, rated.code], ['unknown_question', 'unknown_question']);
  assert.deepEqual([picked.id, rated.id], ['p', 'r']);
  await one.end();
  await two.end();
});

test('a rating is kept, the last one holds, its comment is masked', async () => {
  const talk = await connect(daemon);
  const { question } = await talk.ask(unique(), '料金は');
  const rate = (helpful, comment) =>
    talk.say({ type: 'rate', id: unique(), question, helpful, comment });
  assert.equal((await rate(true)).type, 'done');
  assert.equal((await rate(false, '03-1234-5678に電話して')).type, 'done');
  const [row] = daemon.rows(`SELECT helpful, comment FROM questions WHERE id=${question}`);
  assert.equal(row.helpful, 0);
  assert.doesNotMatch(row.comment, /1234/);
  await talk.end();
});

test('a comment is cut at 500 characters', async () => {
  const talk = await connect(daemon);
  const { question } = await talk.ask(unique(), '料金は');
  const comment = '長'.repeat(900);
  await talk.say({ type: 'rate', id: unique(), question, helpful: true, comment });
  const [row] = daemon.rows(`SELECT comment FROM questions WHERE id=${question}`);
  assert.equal([...row.comment].length, 500);
  await talk.end();
});

test('forget empties what was typed and begins a new dialogue', async () => {
  const talk = await connect(daemon);
  const asked = await talk.ask(unique(), '料金は');
  const id = unique();
  talk.send({ type: 'forget', id });
  talk.send({ type: 'ask', id: 'after', text: '営業時間は' });
  const done = await talk.next();
  const after = await talk.next();
  assert.equal(done.type, 'done');
  assert.equal(done.id, id);
  assert.equal(typeof done.session, 'string');
  const [row] = daemon.rows(`SELECT text, outcome FROM questions WHERE id=${asked.question}`);
  assert.equal(row.text, '');
  assert.equal(row.outcome, 'answer');
  const [next] = daemon.rows(`SELECT text, session FROM questions WHERE id=${after.question}`);
  assert.equal(next.text, '営業時間は');
  assert.notEqual(next.session, sessionOf(asked));
  await talk.end();
});

test('suggestions are at most five and never logged', async () => {
  const talk = await connect(daemon);
  const before = daemon.rows('SELECT count(*) AS n FROM questions')[0].n;
  const found = await talk.say({ type: 'suggest', id: 's', text: '料' });
  assert.equal(found.type, 'suggestions');
  assert.equal(found.id, 's');
  assert.ok(found.items.length <= 5);
  for (const item of found.items) assert.deepEqual(Object.keys(item).sort(), ['intent', 'title']);
  assert.equal(daemon.rows('SELECT count(*) AS n FROM questions')[0].n, before);
  await talk.end();
});

test('two hundred visitors at once each get their own answers in order', async () => {
  const talks = await Promise.all(Array.from({ length: 200 }, () => connect(daemon)));
  await Promise.all(
    talks.map(async (talk, i) => {
      for (let k = 0; k < 5; k++) talk.send({ type: 'ask', id: `${i}-${k}`, text: '料金は' });
      for (let k = 0; k < 5; k++) assert.equal((await talk.next()).id, `${i}-${k}`);
    }),
  );
  await Promise.all(talks.map((talk) => talk.end()));
});

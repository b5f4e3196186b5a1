/* The command line itself: help, mistakes, exit statuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, faqctl } from './faqctl.mjs';

test('--help shows every subcommand on stdout', () => {
  const { status, out, err } = faqctl(['--help']);
  assert.equal(status, 0);
  assert.equal(err, '');
  for (const name of ['check', 'ask', 'match', 'test', 'log']) assert.match(out, new RegExp(`\n  ${name} `));
});

for (const name of ['check', 'ask', 'match', 'test', 'log']) {
  test(`${name} --help is about ${name}, reads nothing and exits 0`, () => {
    const { status, out } = faqctl([name, '--help'], { cwd: '/' });
    assert.equal(status, 0);
    assert.match(out, new RegExp(`^usage: faqctl ${name}`));
  });
}

const mistakes = [
  ['nothing at all', [], /usage: faqctl COMMAND/],
  ['an unknown subcommand names the nearest', ['chekc'], /did you mean 'check'\?/],
  ['an unknown option names the nearest', ['check', '--stric'], /'--stric': did you mean '--strict'\?/],
  ['an unknown option before the subcommand', ['--contnet', 'x', 'check'], /'--contnet': did you mean '--content'\?/],
  ['an option of another subcommand', ['check', '--context', 'x'], /unknown option '--context'/],
  ['a value that is missing', ['check', '--content'], /--content needs a directory/],
  ['a value where none is taken', ['check', '--strict=yes'], /--strict takes no value/],
  ['a day that no calendar has', ['check', '--now', '2025-02-29'], /YYYY-MM-DD/],
  ['a key that does not exist', ['check', '--set', 'match.anser_at=1'], /did you mean 'match.answer_at'\?/],
  ['a threshold beyond 1', ['match', '--set', 'match.answer_at=1.5'], /0\.\.1/],
  ['a threshold that is no number', ['match', '--set', 'match.choose_at=nan'], /0\.\.1/],
  ['a language that we do not speak', ['ask', 'x', '--lang', 'fr'], /ja or en/],
  ['a word too many', ['check', 'intents'], /unexpected 'intents'/],
  ['ask without a question', ['ask'], /question is missing/],
  ['a question file of an unknown kind', ['test', 'x.csv'], /\.jsonl/],
];
for (const [name, args, says] of mistakes) {
  test(`usage: ${name}: exit 2, said on stderr`, () => {
    const { status, out, err } = faqctl(args);
    assert.equal(status, 2, out + err);
    assert.equal(out, '');
    assert.match(err, says);
  });
}

for (const args of [['check'], ['ask', 'x'], ['match'], ['test'], ['test', 'missing.jsonl']]) {
  test(`faqctl ${args.join(' ')} without content: exit 3`, () => {
    const { status, err } = faqctl([...args, '--content', '/nonexistent']);
    assert.equal(status, 3);
    assert.match(err, /\/nonexistent/);
  });
}

test('what needs working content says what is broken and exits 3', (t) => {
  const dir = content(t, { 'kb/price.md': null });
  for (const args of [['ask', 'x'], ['match'], ['test']]) {
    const { status, err } = faqctl([...args, '--content', dir]);
    assert.equal(status, 3);
    assert.match(err, /intents\/price\.json:1: has no answer/);
  }
});

test('options may stand before the subcommand, and as --name=value', (t) => {
  const dir = content(t);
  assert.equal(faqctl(['--content', dir, 'check']).status, 0);
  assert.equal(faqctl([`--content=${dir}`, 'check']).status, 0);
  assert.match(faqctl(['ask', `--content=${dir}`, '--', '--営業時間は?']).out, /9時から18時まで/);
});

test('log takes --content like the others, and needs a store', () => {
  const { status, err } = faqctl(['log', '--content', '.', 'list']);
  assert.equal(status, 2);
  assert.match(err, /--store/);
});

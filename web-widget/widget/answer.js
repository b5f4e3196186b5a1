/*
 * answer.js - one answer: its body, the choices, the ways to reach people, "did this help?".
 *
 * `act` is what a press on one of its buttons does: act.pick(choice|null), act.rate(helpful, words),
 * act.near(then) (topics near the question), act.choose(topic); act.say(text) is for screen readers.
 */
import { el, hiddenText } from './dom.js';
import { blocks, link } from './render.js';

const RATE_CHANGE_MS = 600000; /* the daemon's: later ratings do not count */
const FIRST_CP = 300; /* of an answer that are shown at once */
const CHOICES_MAX = 5;
const REST_CP_MIN = 120; /* a rest that is worth a button */

/* The telephone numbers in one line, for where there is little room. */
export function contactLine(contacts, words) {
  const entries = Array.isArray(contacts) ? contacts.filter((c) => c?.phone) : [];
  return entries.slice(0, 2).map((c) =>
    el(
      'span',
      { class: 'call' },
      el('a', { class: 'tel', href: telHref(c.phone) }, words.call(c.phone)),
      c.hours ? ` ${c.hours}` : null,
    ),
  );
}

/* Digits as people write them → tel: address. */
const telHref = (phone) => `tel:${String(phone).replace(/[^0-9+*#]/g, '')}`;

/* Where people are: label, telephone, page, hours; "open now" only where the daemon knows. */
export function contactBlock(contacts, words, { heading = true } = {}) {
  const entries = Array.isArray(contacts) ? contacts.filter((c) => c?.label || c?.phone) : [];
  if (entries.length === 0) return null;
  return el(
    'div',
    { class: 'contact', role: 'group', 'aria-label': words.contact },
    heading ? el('h4', {}, words.contact) : null,
    ...entries.map((c) =>
      el(
        'div',
        { class: 'place' },
        c.label ? el('p', { class: 'place-name' }, c.label) : null,
        c.phone
          ? el('p', {}, el('a', { class: 'tel', href: telHref(c.phone) }, words.call(c.phone)))
          : null,
        c.url ? el('p', {}, link(c.url, [words.site], words)) : null,
        c.hours ? el('p', { class: 'hours' }, `${words.hours}: ${c.hours}`) : null,
        typeof c.open === 'boolean'
          ? c.open
            ? el('p', { class: 'state open' }, words.openNow)
            : el('p', { class: 'state' }, words.closedNow)
          : null,
      ),
    ),
  );
}

/* Choices as real buttons. The chosen one stays readable and says so; the others stay usable,
 * for a visitor may want to read a second one. */
function choiceButtons(choices, withNone, words, act, chosen) {
  if (!Array.isArray(choices) || choices.length === 0) return null;
  const buttons = [];
  const make = (choice, title) => {
    const mark = hiddenText('');
    const button = el(
      'button',
      {
        type: 'button',
        class: choice ? 'choice' : 'choice none',
        onclick() {
          if (button.getAttribute('aria-disabled') === 'true') return;
          for (const b of buttons) b.mark(b.button === button);
          act.pick(choice);
        },
      },
      title,
      mark,
    );
    buttons.push({
      button,
      mark(chosen) {
        button.toggleAttribute('data-chosen', chosen);
        if (chosen) button.setAttribute('aria-disabled', 'true');
        else button.removeAttribute('aria-disabled');
        mark.textContent = chosen ? ` (${words.chosen})` : '';
      },
    });
    return el('li', {}, button);
  };
  const list = el(
    'ul',
    { class: 'choices', 'aria-label': words.choicesLabel },
    ...choices.slice(0, CHOICES_MAX).map((c) => make(c, c.title)),
    withNone ? make(null, words.none) : null,
  );
  const at = chosen === null ? buttons.length - 1 : choices.findIndex((c) => c.intent === chosen);
  if (chosen !== undefined) buttons[at]?.mark(true);
  return list;
}

const topicList = (topics, label, choose) =>
  el(
    'ul',
    { class: 'choices', 'aria-label': label },
    ...topics.map((topic) =>
      el(
        'li',
        {},
        el('button', { type: 'button', class: 'choice', onclick: () => choose(topic) }, topic.title),
      ),
    ),
  );

function rating({ contacts, words, act, rated = null, ratedAt = 0 }) {
  const status = el('div', { class: 'rated' });
  let since = ratedAt;
  const buttons = [true, false].map((helpful) =>
    el(
      'button',
      { type: 'button', class: 'rate', onclick: () => rate(helpful) },
      helpful ? words.helped : words.notHelped,
    ),
  );
  const show = (value) =>
    buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(value === (i === 0))));

  function rate(helpful) {
    if (rated === helpful) return;
    if (since && Date.now() - since > RATE_CHANGE_MS) {
      buttons.forEach((b) => b.setAttribute('aria-disabled', 'true'));
      status.replaceChildren(el('p', {}, words.rateOver));
      act.say(words.rateOver);
      return;
    }
    rated = helpful;
    since ||= Date.now();
    show(helpful);
    const places = helpful ? null : contactBlock(contacts, words, { heading: false });
    const text = helpful ? words.thanks : places ? words.sorry : words.sorryAlone;
    status.replaceChildren(el('p', {}, text));
    if (places) status.append(places);
    if (!helpful) {
      act.near((topics) => {
        if (rated !== false || topics.length === 0) return;
        status.firstChild.after(
          el('p', { class: 'rate-label' }, words.choicesLabel),
          topicList(topics, words.choicesLabel, act.choose),
        );
      });
    }
    act.rate(helpful, text, since);
  }

  show(rated);
  return el(
    'div',
    { class: 'rating' },
    el(
      'div',
      { class: 'rate-row', role: 'group', 'aria-label': words.rateLabel },
      el('p', { class: 'rate-label' }, words.rateLabel),
      ...buttons,
    ),
    status,
  );
}

/* Only the beginning of a long answer: whole blocks, at least one. What is left comes on demand,
 * and the focus goes where reading goes on. */
function folded(parts, words) {
  const lengths = parts.map((part) => [...part.textContent].length);
  let shown = 0;
  let at = 0;
  while (at < parts.length && (at === 0 || shown + lengths[at] <= FIRST_CP)) shown += lengths[at++];
  /* A heading does not stay behind alone. */
  while (at > 1 && parts[at - 1].matches('h4')) at -= 1;
  const rest = parts.slice(at);
  if (lengths.slice(at).reduce((sum, n) => sum + n, 0) < REST_CP_MIN) return parts;
  const more = el('div', { class: 'rest', tabindex: -1, hidden: true }, ...rest);
  const button = el(
    'button',
    {
      type: 'button',
      class: 'unfold',
      onclick() {
        more.hidden = false;
        button.remove();
        more.focus({ preventScroll: true });
      },
    },
    words.unfold,
  );
  return [...parts.slice(0, at), button, more];
}

/*
 * The elements of a reply. `titled` says whether its title is a topic worth a heading (small
 * talk is not), `contacts` is what "it did not help" falls back to.
 */
export function answerParts(reply, { words, titled, contacts, act, rated, ratedAt, chosen }) {
  const body = blocks(reply.body, words);
  const answered = reply.outcome === 'answer';
  return [
    titled && answered && reply.title ? el('h3', { class: 'topic' }, reply.title) : null,
    ...(body.length ? folded(body, words) : [el('p', {}, String(reply.text ?? ''))]),
    reply.outcome === 'unanswered' && reply.choices?.length
      ? el('h4', {}, words.choicesLabel)
      : null,
    choiceButtons(reply.choices, reply.outcome === 'choose', words, act, chosen),
    contactBlock(reply.contact, words),
    titled && answered && reply.question
      ? rating({ contacts, words, act, rated, ratedAt })
      : null,
  ].filter((part) => part !== null);
}

/* Welcome's categories as fold-out lists of topics: a way in for who would rather not type. */
export function topicMenu(categories, words, choose) {
  const groups = (Array.isArray(categories) ? categories : []).filter((c) => c?.topics?.length);
  if (groups.length === 0) return null;
  return el(
    'div',
    { class: 'menu', role: 'group', 'aria-label': words.menu },
    el('p', { class: 'menu-label' }, words.menu),
    ...groups.map((group) =>
      el(
        'details',
        {},
        el('summary', {}, group.title),
        topicList(group.topics, group.title, choose),
      ),
    ),
  );
}

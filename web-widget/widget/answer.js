/*
 * answer.js - one answer: its body, the choices, the ways to reach people, "did this help?".
 *
 * `act` is what a press on one of its buttons does: act.pick(choice|null), act.rate(helpful).
 */
import { el, hiddenText } from './dom.js';
import { blocks, link } from './render.js';

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
function choiceButtons(choices, withNone, words, act) {
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
  return el(
    'ul',
    { class: 'choices', 'aria-label': words.choicesLabel },
    ...choices.map((c) => make(c, c.title)),
    withNone ? make(null, words.none) : null,
  );
}

function rating(contacts, words, act) {
  const status = el('div', { class: 'rated' });
  const make = (helpful, label) =>
    el(
      'button',
      {
        type: 'button',
        class: 'rate',
        'aria-pressed': 'false',
        onclick() {
          if (buttons[Number(helpful)].getAttribute('aria-pressed') === 'true') return;
          buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(i === Number(helpful))));
          const places = helpful ? null : contactBlock(contacts, words, { heading: false });
          const words_ = helpful ? words.thanks : places ? words.sorry : words.sorryAlone;
          status.replaceChildren(el('p', {}, words_));
          if (places) status.append(places);
          act.rate(helpful, words_);
        },
      },
      label,
    );
  const buttons = [make(false, words.notHelped), make(true, words.helped)];
  const label = el('p', { class: 'rate-label' }, words.rateLabel);
  return el(
    'div',
    { class: 'rating' },
    el(
      'div',
      { class: 'rate-row', role: 'group', 'aria-label': words.rateLabel },
      label,
      buttons[1],
      buttons[0],
    ),
    status,
  );
}

/*
 * The elements of a reply. `titled` says whether its title is a topic worth a heading (small
 * talk is not), `contacts` is what "it did not help" falls back to.
 */
export function answerParts(reply, { words, titled, contacts, act }) {
  const body = blocks(reply.body, words);
  const answered = reply.outcome === 'answer';
  return [
    titled && answered && reply.title ? el('h3', { class: 'topic' }, reply.title) : null,
    ...(body.length ? body : [el('p', {}, String(reply.text ?? ''))]),
    reply.outcome === 'unanswered' && reply.choices?.length
      ? el('h4', {}, words.choicesLabel)
      : null,
    choiceButtons(reply.choices, reply.outcome === 'choose', words, act),
    contactBlock(reply.contact, words),
    titled && answered && reply.question ? rating(contacts, words, act) : null,
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
        el(
          'ul',
          { class: 'choices' },
          ...group.topics.map((topic) =>
            el(
              'li',
              {},
              el(
                'button',
                { type: 'button', class: 'choice', onclick: () => choose(topic) },
                topic.title,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/*
 * render.js - the daemon's answer tree → elements.
 *
 * The tree (blocks p, h, ul, ol, table, note; inline text, b, a, br) holds no HTML and none is
 * made of it. A `t` that this widget does not know, because the daemon is newer, shows its text.
 * Links go to https, http, tel and mailto only; any other shows as the text it stands on.
 */
import { el, hiddenText } from './dom.js';

const SCHEMES = new Set(['https:', 'http:', 'tel:', 'mailto:']);
const DEPTH_MAX = 12; /* deeper than any answer; a bound, so that no input can exhaust the stack */

export function safeHref(href) {
  try {
    const url = new URL(String(href));
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/* A link; those that leave the page open beside it, for the dialogue would be gone otherwise. */
export function link(href, children, words) {
  const safe = safeHref(href);
  if (safe === null) return el('span', {}, ...children);
  if (!/^https?:/.test(safe)) return el('a', { href: safe, class: 'nowrap' }, ...children);
  return el(
    'a',
    { href: safe, target: '_blank', rel: 'noopener noreferrer' },
    ...children,
    hiddenText(words.newTab),
  );
}

/* Numbers, prices, phone numbers and customer IDs must not break at a line's end. */
const UNBROKEN = /([0-9A-Za-z][0-9A-Za-z,.:-]{0,22}[0-9][0-9A-Za-z,.:-]{0,22}円?|[0-9]+円)/;

function text(string) {
  return string
    .split(UNBROKEN)
    .map((part, i) => (i % 2 === 1 ? el('span', { class: 'nowrap' }, part) : part))
    .filter((part) => part !== '');
}

const list = (value) => (Array.isArray(value) ? value : []);

/* The plain text of any node, known or not. */
export function plain(node, depth = 0) {
  if (typeof node === 'string') return node;
  if (depth > DEPTH_MAX || node === null || typeof node !== 'object') return '';
  const parts = Array.isArray(node) ? node : [node.c, node.text, node.items, node.head, node.rows];
  return parts
    .filter((part) => part !== undefined)
    .map((part) => plain(part, depth + 1))
    .join(Array.isArray(node) ? '' : ' ')
    .trim();
}

function inline(nodes, words, depth) {
  if (depth > DEPTH_MAX) return [];
  return list(nodes).flatMap((node) => {
    if (typeof node === 'string') return text(node);
    switch (node?.t) {
      case 'b':
        return el('strong', {}, ...inline(node.c, words, depth + 1));
      case 'a':
        return link(node.href, inline(node.c, words, depth + 1), words);
      case 'br':
        return el('br');
      default:
        return text(plain(node));
    }
  });
}

/* A column of figures is set like one: to the right, and never broken. */
const FIGURES = /^[―0-9,.円%〜~+-]+$/;

function table(node, words, depth) {
  const head = list(node.head);
  const rows = list(node.rows).map(list);
  const figures = (i) => rows.length > 0 && rows.every((row) => FIGURES.test(plain(row[i] ?? '')));
  const cells = (row, name) =>
    row.map((cell, i) => {
      /* A header says something: the empty corner of a table is a plain cell. */
      const names = plain(cell) !== '' && (name === 'th' || (i === 0 && head.length > 1));
      return el(
        names ? 'th' : 'td',
        {
          scope: names ? (name === 'th' ? 'col' : 'row') : null,
          class: i > 0 && figures(i) ? 'figures' : null,
        },
        ...inline(cell, words, depth + 1),
      );
    });
  /* A table wider than the panel scrolls by itself; tabindex lets the keyboard do it, too. */
  return el(
    'div',
    { class: 'table', role: 'group', tabindex: 0, 'aria-label': words.table },
    el(
      'table',
      {},
      head.length ? el('thead', {}, el('tr', {}, ...cells(head, 'th'))) : null,
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells(row, 'td')))),
    ),
  );
}

function block(node, words, depth) {
  if (typeof node === 'string') return el('p', {}, ...text(node));
  const items = () =>
    list(node.items).map((item) => el('li', {}, ...blocks(item, words, depth + 1)));
  switch (node?.t) {
    case 'p':
      return el('p', {}, ...inline(node.c, words, depth));
    case 'h':
      return el('h4', {}, ...inline(node.c, words, depth));
    case 'ul':
      return el('ul', {}, ...items());
    case 'ol':
      return el('ol', {}, ...items());
    case 'table':
      return table(node, words, depth);
    case 'note':
      return el('div', { class: 'note', role: 'note' }, ...blocks(node.c, words, depth + 1));
    default: {
      const words_ = plain(node);
      return words_ ? el('p', {}, ...text(words_)) : null;
    }
  }
}

/* The elements of a body; `words` are the strings of the answer's language. */
export function blocks(nodes, words, depth = 0) {
  if (depth > DEPTH_MAX) return [];
  return list(nodes)
    .map((node) => block(node, words, depth))
    .filter((node) => node !== null);
}

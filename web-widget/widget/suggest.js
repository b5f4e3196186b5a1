/*
 * suggest.js - topics offered while the visitor types: a list box that the text field controls.
 *
 * The focus never leaves the field; the arrows move aria-activedescendant. Nothing is asked while
 * a conversion is open, and Enter takes a suggestion only if the arrows chose one.
 */
import { el } from './dom.js';
import { isInputMethodKey, isSendKey } from './ime.js';

const WAIT_MS = 180;
const LENGTH_MIN = 2;
const LENGTH_MAX = 60; /* whoever writes a letter does not look for a title */
const SHOWN_MAX = 5;

/* peek(text, then) asks the daemon; choose(title) is what a choice does; say(text) announces. */
export function createSuggest(field, { peek, choose, say }) {
  const list = el('ul', { class: 'suggest', id: 'suggest', role: 'listbox', hidden: true });
  let words;
  let timer = null;
  let active = -1;
  let asked = '';

  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', 'suggest');

  const options = () => [...list.children];
  function mark(next) {
    active = next;
    options().forEach((option, i) => option.setAttribute('aria-selected', String(i === next)));
    if (next < 0) field.removeAttribute('aria-activedescendant');
    else {
      field.setAttribute('aria-activedescendant', list.children[next].id);
      list.children[next].scrollIntoView({ block: 'nearest' });
    }
  }
  function close() {
    clearTimeout(timer);
    asked = '';
    mark(-1);
    list.hidden = true;
    list.replaceChildren();
  }
  function show(items) {
    const news = list.hidden;
    list.replaceChildren(
      ...items.slice(0, SHOWN_MAX).map((item, i) =>
        el(
          'li',
          {
            id: `suggest-${i}`,
            role: 'option',
            'aria-selected': 'false',
            onclick: () => take(item.title),
          },
          item.title,
        ),
      ),
    );
    mark(-1);
    list.hidden = items.length === 0;
    if (news && !list.hidden) say(words.suggestions(list.children.length));
  }
  function take(title) {
    close();
    choose(title);
  }
  /* A press must not take the focus from the field. */
  list.addEventListener('mousedown', (event) => event.preventDefault());

  return {
    node: list,
    setWords(next) {
      words = next;
      list.setAttribute('aria-label', words.choicesLabel);
    },
    /* The text has changed. */
    look(composing) {
      clearTimeout(timer);
      const text = field.value.trim();
      const length = [...text].length;
      if (composing) return;
      if (length < LENGTH_MIN || length > LENGTH_MAX || /\n/.test(text)) {
        close();
        return;
      }
      timer = setTimeout(() => {
        asked = text;
        peek(text, (items) => asked === text && field.value.trim() === text && show(items));
      }, WAIT_MS);
    },
    /* True: the key was ours. */
    key(event) {
      if (list.hidden || isInputMethodKey(event)) return false;
      const n = list.children.length;
      if (event.key === 'ArrowDown') mark(active + 1 < n ? active + 1 : -1);
      else if (event.key === 'ArrowUp') mark(active >= 0 ? active - 1 : n - 1);
      else if (event.key === 'Escape') close();
      else if (active >= 0 && isSendKey(event)) take(list.children[active].textContent);
      else return false;
      event.preventDefault();
      event.stopPropagation(); /* Escape closes the list first, the chat only then */
      return true;
    },
    close,
  };
}

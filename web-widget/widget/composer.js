/*
 * composer.js - where the visitor types.
 *
 * Enter sends unless it belongs to the input method (ime.js), Shift+Enter breaks the line. The
 * length is counted in code points, as the daemon counts; a text that is too long is never cut
 * behind the visitor's back (maxlength would cut a paste), it is not sent and says why.
 */
import { el, icon } from './dom.js';
import { isSendInput, isSendKey } from './ime.js';
import { createSuggest } from './suggest.js';

const LENGTH_MAX = 500;
const SHOW_ROOM_FROM = 400;

/* onSend(text), onDraft(text); peek and say are for the suggestions. */
export function createComposer({ onSend, onDraft, peek, say }) {
  let words;
  let composing = false;
  let key = null; /* the newest keydown */
  const label = el('label', { class: 'sr', for: 'question' });
  const room = el('p', { class: 'room', id: 'room' });
  const button = el(
    'button',
    { type: 'button', class: 'send', onclick: () => submit() },
    icon('M4 12L20 4l-5 16-4-7zM11 13l9-9'),
    el('span', {}),
  );
  const field = el('textarea', {
    id: 'question',
    rows: 1,
    enterkeyhint: 'send',
    autocapitalize: 'off',
    autocomplete: 'off',
    'aria-describedby': 'room',
    oncompositionstart: () => (composing = true),
    oncompositionend() {
      composing = false;
      suggest.look(false);
    },
    oninput() {
      fit();
      onDraft(field.value);
      suggest.look(composing);
    },
    onkeydown(event) {
      key = event;
      if (composing || suggest.key(event) || !isSendKey(event)) return;
      event.preventDefault();
      submit();
    },
    onbeforeinput(event) {
      if (composing || !isSendInput(event, key)) return;
      event.preventDefault();
      submit();
    },
    onblur() {
      composing = false; /* some browsers end a composition without saying so */
      suggest.close();
    },
  });
  const suggest = createSuggest(field, { peek, say, choose: (title) => send(title) });

  function fit() {
    field.style.height = 'auto';
    const borders = field.offsetHeight - field.clientHeight;
    field.style.height = `${field.scrollHeight + borders}px`;
    const length = [...field.value.trim()].length;
    const over = length > LENGTH_MAX;
    field.setAttribute('aria-invalid', String(over));
    room.classList.toggle('over', over);
    if (over) room.textContent = words.tooLong(length - LENGTH_MAX);
    else room.textContent = length >= SHOW_ROOM_FROM ? words.room(LENGTH_MAX - length) : '';
  }

  function send(text) {
    field.value = ''; /* at once: a second Enter or click finds nothing to send */
    onDraft('');
    suggest.close();
    fit();
    onSend(text);
    field.focus();
  }
  function submit() {
    const text = field.value.trim();
    if (text === '' || [...text].length > LENGTH_MAX) field.focus();
    else send(text);
  }

  return {
    node: el(
      'div',
      { class: 'composer', part: 'composer' },
      suggest.node,
      room,
      el('div', { class: 'line' }, label, field, button),
    ),
    focus: () => field.focus(),
    setText(text) {
      field.value = text;
    },
    setWords(next) {
      words = next;
      label.textContent = words.question;
      field.placeholder = words.placeholder;
      field.lang = words.lang;
      button.lastChild.textContent = words.send;
      suggest.setWords(words);
      fit();
    },
    fit,
  };
}

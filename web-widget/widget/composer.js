/*
 * composer.js - where the visitor types.
 *
 * Enter sends unless it belongs to the input method (ime.js), Shift+Enter breaks the line. The
 * length is counted in code points, as the daemon counts; a text that is too long is never cut
 * behind the visitor's back (maxlength would cut a paste), it is not sent and says why.
 */
import { el, icon } from './dom.js';
import { isSendKey } from './ime.js';

const LENGTH_MAX = 500;
const SHOW_ROOM_FROM = 400;

export function createComposer({ onSend }) {
  let words;
  let textarea = null;
  const label = el('label', { class: 'sr', for: 'question' });
  const room = el('p', { class: 'room', id: 'room' });
  const button = el(
    'button',
    { type: 'button', class: 'send', onclick: () => submit() },
    icon('M4 12L20 4l-5 16-4-7zM11 13l9-9'),
    el('span', {}),
  );
  textarea = el('textarea', {
    id: 'question',
    rows: 1,
    enterkeyhint: 'send',
    autocapitalize: 'off',
    autocomplete: 'off',
    'aria-describedby': 'room',
    oninput: () => fit(),
    onkeydown(event) {
      if (!isSendKey(event)) return;
      event.preventDefault();
      submit();
    },
  });

  function fit() {
    textarea.style.height = 'auto';
    const borders = textarea.offsetHeight - textarea.clientHeight;
    textarea.style.height = `${textarea.scrollHeight + borders}px`;
    const length = [...textarea.value.trim()].length;
    const over = length > LENGTH_MAX;
    textarea.setAttribute('aria-invalid', String(over));
    room.classList.toggle('over', over);
    if (over) room.textContent = words.tooLong(length - LENGTH_MAX);
    else room.textContent = length >= SHOW_ROOM_FROM ? words.room(LENGTH_MAX - length) : '';
  }

  function submit() {
    const text = textarea.value.trim();
    if (text === '' || [...text].length > LENGTH_MAX) {
      textarea.focus();
      return;
    }
    textarea.value = ''; /* at once: a second Enter or click finds nothing to send */
    fit();
    onSend(text);
    textarea.focus();
  }

  return {
    node: el(
      'div',
      { class: 'composer' },
      room,
      el('div', { class: 'line' }, label, textarea, button),
    ),
    focus: () => textarea.focus(),
    setWords(next) {
      words = next;
      label.textContent = words.question;
      textarea.placeholder = words.placeholder;
      textarea.lang = words.lang;
      button.lastChild.textContent = words.send;
      fit();
    },
    fit,
  };
}

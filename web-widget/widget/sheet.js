/*
 * sheet.js - what lies behind 「メニュー」, over the dialogue: all topics, what can be done with the
 * dialogue, and, always in the same place, how to reach people.
 */
import { contactBlock, topicMenu } from './answer.js';
import { el } from './dom.js';

/* act: choose(topic), language(), copy(), save(), print(), erase() */
export function createSheet(act) {
  const title = el('h3', { tabindex: -1 });
  const content = el('div', {});
  const node = el('div', { class: 'sheet', id: 'sheet', hidden: true }, title, content);

  const button = (text, onclick) =>
    el('button', { type: 'button', class: 'choice', onclick }, text);

  function erasing(words, erase) {
    const yes = el(
      'div',
      { class: 'sure', hidden: true },
      el('p', {}, words.eraseSure),
      button(words.eraseYes, () => act.erase()),
      button(words.eraseNo, () => {
        yes.hidden = true;
        erase.hidden = false;
        erase.focus();
      }),
    );
    erase.addEventListener('click', () => {
      yes.hidden = false;
      erase.hidden = true;
      yes.querySelector('button:last-child').focus();
    });
    return yes;
  }

  return {
    node,
    title,
    draw({ welcome, contact, words, turns }) {
      const erase = button(words.erase, () => {});
      const deeds = turns > 0
        ? el(
            'div',
            { class: 'deeds', role: 'group', 'aria-label': words.dialogue },
            el('h4', {}, words.dialogue),
            button(words.copy, act.copy),
            button(words.save, act.save),
            button(words.print, act.print),
            erase,
            erasing(words, erase),
          )
        : null;
      title.textContent = words.options;
      content.replaceChildren(
        ...[
          topicMenu(welcome?.categories, words, act.choose),
          contactBlock(contact, words),
          deeds,
          el(
            'button',
            {
              type: 'button',
              class: 'choice tongue',
              lang: words.lang === 'ja' ? 'en' : 'ja',
              onclick: act.language,
            },
            words.otherLanguage,
          ),
        ].filter((part) => part !== null),
      );
    },
  };
}

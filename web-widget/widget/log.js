/*
 * log.js - the dialogue on the screen, and what a screen reader hears of it.
 *
 * The visible log has role=log but is silent (aria-live=off): readers repeat whole transcripts
 * otherwise. Each new answer is spoken once, as plain text, through a region of its own, which
 * is emptied later so that nobody finds it again while reading on.
 */
import { el, hiddenText } from './dom.js';

const NEAR_END_PX = 40;
const SPOKEN_MS = 5000; /* a second or less is missed by some readers */

export function createLog() {
  const entries = el('div', { class: 'entries' });
  const node = el('div', { class: 'log', role: 'log', 'aria-live': 'off', tabindex: 0 }, entries);
  const live = el('div', { class: 'sr', 'aria-live': 'polite' });
  const more = el('button', { type: 'button', class: 'more', hidden: true, onclick: toEnd });
  let newest = null; /* the question that the newest answer belongs to */
  let spokenTimer = null;
  let following = true; /* the visitor is at the end, not reading further up */

  const nearEnd = () => node.scrollHeight - node.scrollTop - node.clientHeight <= NEAR_END_PX;
  function toEnd() {
    more.hidden = true;
    /* A long answer shows its first line, with the question above it where that has room. */
    const top = newest.offsetTop - 8;
    const end = node.scrollHeight - node.clientHeight;
    node.scrollTop = Math.min(end, top);
  }
  const onScroll = () => {
    following = nearEnd();
    if (following) more.hidden = true;
  };
  node.addEventListener('scroll', onScroll, { passive: true });
  /* An on-screen keyboard takes room from below: what was in sight stays in sight. */
  const resized = new ResizeObserver(() => newest && following && toEnd());
  resized.observe(node);

  return {
    node,
    live,
    more,
    say(text) {
      clearTimeout(spokenTimer);
      live.textContent = text;
      spokenTimer = setTimeout(() => (live.textContent = ''), SPOKEN_MS);
    },
    /* What the visitor wrote or chose; mark(text, …buttons) says what has become of it. */
    addQuestion(text, words) {
      const state = el('div', { class: 'pending' });
      const bubble = el('p', { class: 'bubble' }, hiddenText(`${words.you}: `), text);
      const entry = el('div', { class: 'entry you', lang: words.lang }, bubble, state);
      newest = entry;
      entries.append(entry);
      node.scrollTop = node.scrollHeight;
      following = true;
      return { node: entry, mark: (...parts) => state.replaceChildren(...parts) };
    },
    /* An answer, below its question even if more was asked meanwhile. The log moves only for a
     * visitor who is at the end anyway. */
    addAnswer(parts, words, { question = null, spoken = '' } = {}) {
      const follow = following;
      const who = hiddenText(`${words.bot}: `);
      const entry = el('div', { class: 'entry bot', lang: words.lang }, who, ...parts);
      if (question) question.node.after(entry);
      else entries.append(entry);
      newest = question ? question.node : entry;
      if (spoken) this.say(spoken);
      if (follow) toEnd();
      else {
        more.textContent = words.newAnswer;
        more.hidden = false;
      }
      return entry;
    },
    toEnd: () => newest && toEnd(),
    clear() {
      newest = null;
      following = true;
      more.hidden = true;
      entries.replaceChildren();
    },
    /* Something below the last entry that comes and goes (the typing dots). */
    addPassing(child) {
      const follow = nearEnd();
      entries.append(child);
      if (follow) node.scrollTop = node.scrollHeight;
    },
    destroy() {
      clearTimeout(spokenTimer);
      resized.disconnect();
    },
  };
}

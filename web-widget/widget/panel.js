/*
 * panel.js - the open chat: puts connection, log and composer together.
 *
 * Loaded by widget.js at the first opening, which hands over its shell: the host element, the
 * shadow root, the launcher's words, and how to close. Opening connects; closing hides and, a
 * while later, gives the connection back.
 */
import { answerParts, contactBlock, topicMenu } from './answer.js';
import { createComposer } from './composer.js';
import { createConnection, idMaker } from './connection.js';
import { el, icon } from './dom.js';
import { isInputMethodKey } from './ime.js';
import { createLog } from './log.js';
import { openMemory } from './memory.js';
import { socketTransport } from './socket.js';
import { wordsFor } from './strings.js';
import { css } from './style.js';

const TYPING_AFTER_MS = 400;
const REST_AFTER_MS = 60000; /* closed this long: nobody comes back in a hurry */
const OFFLINE_AFTER_MS = 1500; /* a short break is not worth a message */

export function createPanel(shell) {
  const { host, root, options, server, emit } = shell;
  const memory = openMemory(server);
  const nextId = idMaker();
  const small = matchMedia('(max-width: 30em), (max-height: 26em)');
  const touch = matchMedia('(pointer: coarse)');

  let words = wordsFor(memory.lang ?? options.lang);
  let session = memory.session;
  let welcome = null; /* the newest welcome: name, texts, menu, contacts */
  let topics = new Set(); /* the ids in the menu: answers that deserve a title and a rating */
  let isOpen = false;
  let typingTimer = null;
  let restTimer = null;
  let offlineTimer = null;
  let saidOffline = false;
  const waiting = new Map(); /* message id → { entry } of questions without an answer yet */

  /* --- what is on the screen --- */

  const title = el('h2', { id: 'title', tabindex: -1 });
  const button = (name, onclick, ...inside) =>
    el('button', { type: 'button', class: name, onclick }, ...inside);
  const language = button('language', () => switchLanguage());
  const closer = button('close', () => shell.close(), icon('M6 6l12 12M18 6L6 18'));
  const log = createLog();
  const status = el('p', { class: 'status', hidden: true });
  const composer = createComposer({ onSend: (text) => ask(text) });
  const intro = el('div', { class: 'intro' });
  const typing = el('div', { class: 'typing', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
  const panel = el(
    'div',
    {
      class: 'panel',
      id: 'panel',
      part: 'panel',
      role: 'dialog',
      'aria-labelledby': 'title',
      hidden: true,
    },
    el('div', { class: 'head' }, title, language, closer),
    log.node,
    log.more,
    status,
    composer.node,
    log.live,
  );
  log.node.prepend(intro);

  function drawIntro() {
    const open = new Set(
      [...intro.querySelectorAll('details[open]')].map((d) => d.dataset.category),
    );
    const menu = topicMenu(welcome?.categories, words, (topic) => ask(topic.title));
    menu?.querySelectorAll('details').forEach((d, i) => {
      d.dataset.category = String(i);
      d.open = open.has(String(i));
    });
    intro.replaceChildren(
      el('p', { class: 'hello' }, welcome?.welcome || words.welcome),
      ...(menu ? [menu] : []),
      ...(welcome?.privacy ? [el('p', { class: 'privacy' }, welcome.privacy)] : []),
    );
  }

  function drawWords() {
    options.lang = words.lang;
    shell.show();
    panel.lang = words.lang;
    title.textContent = welcome?.name || words.title;
    language.textContent = words.otherLanguage;
    language.lang = words.lang === 'ja' ? 'en' : 'ja';
    closer.setAttribute('aria-label', words.close);
    log.node.setAttribute('aria-label', words.log);
    composer.setWords(words);
    drawIntro();
  }

  function setStatus(text, { say = false } = {}) {
    if (status.textContent !== text) {
      status.textContent = text;
      if (say && text) log.say(text);
    }
    status.hidden = text === '';
  }

  function startTyping() {
    if (typingTimer !== null) return;
    typingTimer = setTimeout(() => {
      log.addPassing(typing);
      log.say(words.typing);
    }, TYPING_AFTER_MS);
  }
  function stopTyping() {
    clearTimeout(typingTimer);
    typingTimer = null;
    typing.remove();
  }

  /* --- talking to the daemon --- */

  const connection = createConnection({
    dial: socketTransport(server),
    hello: () => ({
      type: 'hello',
      session,
      lang: words.lang,
      page: location.origin + location.pathname /* never what stands behind ? or # */,
    }),
    onMessage: receive,
    onState: showState,
  });

  function showState(state, ms = 0) {
    if (state === 'online') {
      clearTimeout(offlineTimer);
      offlineTimer = null;
      for (const q of waiting.values()) q.entry?.mark('');
      setStatus('');
      if (saidOffline) log.say(words.online);
      saidOffline = false;
      if (waiting.size > 0) startTyping();
    } else if (state === 'slow') {
      stopTyping();
      setStatus(words.slow(Math.max(1, Math.ceil(ms / 1000))), { say: true });
    } else if (state === 'resting') {
      clearTimeout(offlineTimer);
      offlineTimer = null;
      setStatus('');
    } else {
      stopTyping();
      if (state === 'connecting' && !saidOffline && welcome === null) setStatus(words.connecting);
      if (offlineTimer === null && !saidOffline) {
        offlineTimer = setTimeout(() => {
          offlineTimer = null;
          saidOffline = true;
          for (const q of waiting.values()) q.entry?.mark(words.pending);
          setStatus(words.offline, { say: true });
        }, OFFLINE_AFTER_MS);
      }
    }
  }

  function remember(message) {
    if (typeof message.session !== 'string') return;
    session = message.session;
    memory.keep({ session });
  }

  function receive(message, request) {
    remember(message);
    if (request === null) return greeted(message);
    const id = request.message.id;
    const asked = waiting.get(id);
    waiting.delete(id);
    asked?.entry?.mark('');
    if (waiting.size === 0) stopTyping();
    if (message.type === 'reply') return answered(message, asked?.entry);
    if (message.type === 'error') return failed(message, request, asked?.entry);
    return undefined;
  }

  function greeted(message) {
    welcome = message;
    const listed = (message.categories ?? []).flatMap((c) => c.topics ?? []);
    topics = new Set(listed.map((t) => t.intent));
    drawWords();
  }

  function answered(reply, question) {
    memory.keep({ lang: words.lang });
    memory.allow();
    const replyWords = wordsFor(reply.lang ?? words.lang);
    const contacts = reply.contact?.length ? reply.contact : welcome?.contact;
    const parts = answerParts(reply, {
      words: replyWords,
      titled: topics.size === 0 || topics.has(reply.intent),
      contacts,
      act: {
        pick: (choice) => pick(choice, reply, replyWords),
        rate(helpful, thanks) {
          connection.send({ type: 'rate', id: nextId(), question: reply.question, helpful });
          log.say(thanks);
        },
      },
    });
    stopTyping();
    log.addAnswer(parts, replyWords, { question, spoken: String(reply.text ?? '') });
    if (waiting.size > 0) startTyping();
    emit('reply', { outcome: reply.outcome, intent: reply.intent ?? null });
  }

  function failed(error, request, question) {
    emit('error', { code: error.code, message: error.message });
    const text = words.errors[error.code] ?? words.errors.other;
    const parts = [el('p', { class: 'error' }, text)];
    /* What could not be asked here can at least be asked of people. */
    if (request.message.type !== 'rate' && error.code !== 'empty') {
      parts.push(contactBlock(welcome?.contact, words) ?? '');
    }
    log.addAnswer(parts, words, { question, spoken: text });
  }

  function put(shown, message) {
    const entry = log.addQuestion(shown, words);
    waiting.set(message.id, { entry });
    if (connection.online) startTyping();
    else if (saidOffline) entry.mark(words.pending);
    connection.send(message);
  }

  function ask(text) {
    const cut = [...String(text).trim()].slice(0, 500).join('');
    if (cut !== '') put(cut, { type: 'ask', id: nextId(), text: cut });
  }

  function pick(choice, reply, replyWords) {
    const shown = choice ? choice.title : replyWords.none;
    if (reply.question) {
      const intent = choice ? choice.intent : null;
      put(shown, { type: 'pick', id: nextId(), intent, question: reply.question });
    } else if (choice) {
      ask(choice.title); /* the question is not in the log, so there is nothing to label */
    } else {
      log.addQuestion(shown, words);
      const places = contactBlock(welcome?.contact, words);
      log.addAnswer(places ? [places] : [el('p', {}, words.sorryAlone)], words);
    }
    if (!touch.matches) composer.focus();
  }

  function switchLanguage() {
    words = wordsFor(words.lang === 'ja' ? 'en' : 'ja');
    memory.keep({ lang: words.lang });
    if (welcome) welcome = { ...welcome, name: '', welcome: '', privacy: '', categories: [] };
    drawWords();
    connection.greet(); /* the daemon's own texts come with its new welcome */
  }

  /* --- keys, size, visibility --- */

  function onKey(event) {
    /* The page's own shortcuts must not see what is typed here. */
    event.stopPropagation();
    if (event.type !== 'keydown' || isInputMethodKey(event)) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      shell.close();
    } else if (event.key === 'Tab' && small.matches) {
      keepFocusInside(event);
    }
  }
  for (const type of ['keydown', 'keyup', 'keypress']) panel.addEventListener(type, onKey);

  /* On a small screen the panel covers the page; Tab must not wander off behind it. */
  function keepFocusInside(event) {
    const stops = 'button, a[href], summary, textarea, [tabindex="0"]';
    const all = [...panel.querySelectorAll(stops)].filter((node) => node.getClientRects().length);
    const [first, last] = [all[0], all[all.length - 1]];
    const at = root.activeElement;
    const leaving = event.shiftKey ? at === first || at === title : at === last;
    if (!leaving) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  /* An on-screen keyboard shrinks the visual viewport only: the panel follows it. */
  function fitViewport() {
    const view = window.visualViewport;
    panel.setAttribute('aria-modal', String(small.matches));
    if (!view) return;
    panel.style.setProperty('--view-height', `${view.height}px`);
    panel.style.setProperty('--view-top', `${view.offsetTop}px`);
  }
  const onVisible = () => document.visibilityState === 'visible' && connection.retryNow();
  const onOnline = () => connection.retryNow();
  window.visualViewport?.addEventListener('resize', fitViewport);
  window.visualViewport?.addEventListener('scroll', fitViewport);
  small.addEventListener('change', fitViewport);
  document.addEventListener('visibilitychange', onVisible);
  window.addEventListener('online', onOnline);

  function rest() {
    if (!connection.rest()) restTimer = setTimeout(rest, REST_AFTER_MS);
  }

  shell.addStyle(root, css);
  root.append(panel);
  root.querySelector('.launcher').setAttribute('aria-controls', 'panel');
  drawWords();

  return {
    open() {
      isOpen = true;
      clearTimeout(restTimer);
      panel.hidden = false;
      host.toggleAttribute('data-open', true);
      fitViewport();
      composer.fit();
      connection.wake();
      /* On a touch screen the text field would push the keyboard over the welcome. */
      if (touch.matches) title.focus({ preventScroll: true });
      else composer.focus();
    },
    close() {
      isOpen = false;
      const hadFocus = panel.contains(root.activeElement);
      panel.hidden = true;
      host.toggleAttribute('data-open', false);
      if (hadFocus) root.querySelector('.launcher').focus({ preventScroll: true });
      clearTimeout(restTimer);
      restTimer = setTimeout(rest, REST_AFTER_MS);
    },
    ask(text) {
      if (isOpen) ask(text);
    },
    destroy() {
      clearTimeout(restTimer);
      clearTimeout(offlineTimer);
      stopTyping();
      log.destroy();
      connection.close();
      window.visualViewport?.removeEventListener('resize', fitViewport);
      window.visualViewport?.removeEventListener('scroll', fitViewport);
      small.removeEventListener('change', fitViewport);
      document.removeEventListener('visibilitychange', onVisible);
      window.removeEventListener('online', onOnline);
      panel.remove();
    },
  };
}

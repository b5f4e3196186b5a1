/*
 * panel.js - the open chat: puts dialogue, log, composer and sheet together.
 *
 * Loaded by widget.js at the first opening, which hands over its shell: the host element, the
 * shadow root, the launcher's words, and how to close. Opening connects; closing hides and, a
 * while later, gives the connection back.
 *
 * What is on the screen follows memory.turns: each turn is drawn once, its answer when it has
 * come, whether it came to this tab or to another.
 */
import { answerParts, contactBlock, contactLine, topicMenu } from './answer.js';
import { createComposer } from './composer.js';
import { createConnection, idMaker } from './connection.js';
import { el, icon } from './dom.js';
import { isInputMethodKey } from './ime.js';
import { createLog } from './log.js';
import { openMemory } from './memory.js';
import { createSheet } from './sheet.js';
import { wordsFor } from './strings.js';
import { css } from './style.js';
import { copyText, printView, saveText, transcriptText } from './transcript.js';
import { waysTo } from './ways.js';

const TYPING_AFTER_MS = 400;
const REST_AFTER_MS = 60000; /* closed this long: nobody comes back in a hurry */
const OFFLINE_AFTER_MS = 1500; /* a short break is not worth a message */
const UNSENT_MS = 3600000; /* older questions are sent only if the visitor still wants to */
const NOTICE_MS = 6000;

export function createPanel(shell) {
  const { host, root, options, server, emit } = shell;
  const memory = openMemory(server, sync);
  const nextId = idMaker();
  const small = matchMedia('(max-width: 30em), (max-height: 26em)');
  const touch = matchMedia('(pointer: coarse)');
  const darkness = matchMedia('(prefers-color-scheme: dark)');

  let words = wordsFor(memory.lang ?? options.lang);
  let welcome = null; /* the newest welcome: name, texts, menu, contacts */
  let topics = new Set(); /* the ids in the menu: answers that deserve a title and a rating */
  let isOpen = false;
  let stale = false; /* another tab has gone on with the session */
  let typingTimer = null;
  let restTimer = null;
  let offlineTimer = null;
  let noticeTimer = null;
  let slowTimer = null;
  let saidOffline = false;
  const views = new Map(); /* turn id → { turn, entry, answered, waiting } */

  const waits = () => [...views.values()].filter((v) => v.waiting);
  const contacts = () => {
    const known = welcome?.contact ?? memory.contact;
    if (known?.length || !options.phone) return known;
    return [{ phone: options.phone, hours: options.hours }];
  };

  /* --- what is on the screen --- */

  const title = el('h2', { id: 'title', tabindex: -1 });
  const button = (name, onclick, ...inside) =>
    el('button', { type: 'button', class: name, onclick }, ...inside);
  const language = button('language', () => switchLanguage());
  const opener = button('options', () => showSheet(sheet.node.hidden), icon('M4 7h16M4 12h16M4 17h16'),
    el('span', {}));
  const closer = button('close', () => shell.close(), icon('M6 6l12 12M18 6L6 18'));
  const log = createLog();
  const sheet = createSheet({
    choose,
    language: () => switchLanguage(),
    copy: async () => notice((await copyText(transcript(), root)) ? words.copied : words.failedHere),
    save() {
      saveText(transcript());
      notice(words.saved);
    },
    print: () => printView(title.textContent, memory.turns, words) || notice(words.failedHere),
    erase,
  });
  const status = el('div', { class: 'status', hidden: true });
  const composer = createComposer({
    onSend: (text) => ask(text),
    onDraft: (text) => (memory.draft = text),
    peek: (text, then) => connection.peek({ type: 'suggest', id: nextId(), text }, then),
    say: log.say,
  });
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
    el('div', { class: 'head', part: 'header' }, title, opener, closer),
    el('div', { class: 'view' }, log.node, sheet.node),
    log.more,
    status,
    composer.node,
    log.live,
  );
  opener.setAttribute('aria-controls', 'sheet');
  log.node.prepend(intro);

  function choose(topic) {
    ask(topic.title);
    if (!touch.matches) composer.focus();
  }

  function drawIntro() {
    const menu = topicMenu(welcome?.categories, words, choose);
    /* A welcome after a reconnect leaves open what the visitor opened. */
    const open = [...intro.querySelectorAll('details')].map((d) => d.open);
    menu?.querySelectorAll('details').forEach((d, i) => (d.open = open[i]));
    intro.replaceChildren(
      language,
      el('p', { class: 'hello' }, welcome?.welcome || words.placeholder),
      ...(welcome?.privacy ? [el('p', { class: 'privacy' }, welcome.privacy)] : []),
      ...(menu ? [menu] : []),
    );
  }

  function drawWords() {
    options.lang = words.lang;
    shell.show();
    panel.lang = words.lang;
    title.textContent = welcome?.name || words.title;
    language.textContent = words.otherLanguage;
    language.lang = words.lang === 'ja' ? 'en' : 'ja';
    opener.lastChild.textContent = words.options;
    closer.setAttribute('aria-label', words.close);
    log.node.setAttribute('aria-label', words.dialogue);
    composer.setWords(words);
    drawIntro();
    if (!sheet.node.hidden) drawSheet();
  }

  const drawSheet = () =>
    sheet.draw({ welcome, contact: contacts(), words, turns: memory.turns.length });

  function showSheet(on) {
    if (on) drawSheet();
    const inside = sheet.node.contains(root.activeElement);
    sheet.node.hidden = !on;
    log.node.classList.toggle('covered', on);
    opener.setAttribute('aria-expanded', String(on));
    if (on) sheet.title.focus({ preventScroll: true });
    else if (inside) opener.focus();
  }

  function setStatus(text, { say = false, more = [] } = {}) {
    clearTimeout(noticeTimer);
    clearInterval(slowTimer);
    status.replaceChildren(...(text ? [el('p', {}, text)] : []), ...more);
    status.hidden = text === '';
    if (say && text) log.say(text);
  }
  /* Something that was done: said, shown, and gone again. */
  function notice(text) {
    setStatus(text, { say: true });
    noticeTimer = setTimeout(() => setStatus(''), NOTICE_MS);
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

  const transcript = () => transcriptText(title.textContent, memory.turns, words);

  /* --- turns --- */

  function drawQuestion(turn) {
    const entry = log.addQuestion(turn.text, wordsFor(turn.lang ?? words.lang));
    const view = { turn, entry, answered: false, waiting: false };
    views.set(turn.id, view);
    return view;
  }

  function drawAnswer(view, { aloud = false } = {}) {
    const { turn, entry } = view;
    const reply = turn.reply;
    view.answered = true;
    view.waiting = false;
    entry.mark();
    const replyWords = wordsFor(reply.lang ?? words.lang);
    const parts = answerParts(reply, {
      words: replyWords,
      titled: topics.size === 0 || topics.has(reply.intent),
      contacts: reply.contact?.length ? reply.contact : contacts(),
      rated: turn.rated,
      ratedAt: turn.ratedAt,
      chosen: turn.chosen,
      act: {
        pick: (choice) => pick(choice, turn, replyWords),
        choose,
        say: log.say,
        near: (then) =>
          connection.peek({ type: 'suggest', id: nextId(), text: turn.text }, (items) => {
            /* What sounds like the question, then what stands beside the answer in the menu. */
            const beside = welcome?.categories
              ?.map((c) => c.topics)
              .find((all) => all?.some((topic) => topic.intent === reply.intent));
            const near = new Map(
              [...items, ...(beside ?? [])].map((topic) => [topic.intent, topic]),
            );
            near.delete(reply.intent);
            then([...near.values()].slice(0, 3));
          }),
        rate(helpful, thanks, since) {
          memory.change(turn.id, { rated: helpful, ratedAt: since });
          connection.send({ type: 'rate', id: nextId(), question: reply.question, helpful });
          log.say(thanks);
        },
      },
    });
    log.addAnswer(parts, replyWords, {
      question: entry,
      spoken: aloud ? [reply.title, reply.text].filter(Boolean).join('\n') : '',
    });
  }

  function drawError(view) {
    const { turn, entry } = view;
    const code = turn.error;
    view.answered = true;
    view.waiting = false;
    const text = words.errors[code] ?? words.errors.other;
    const parts = [el('p', { class: 'error' }, text)];
    let answer = null;
    if (code === 'busy' || !words.errors[code]) {
      parts.push(
        button('choice again', () => {
          answer.remove();
          view.answered = false;
          memory.change(turn.id, { error: undefined });
          submit(view);
        }, words.again),
      );
    }
    /* What could not be asked here can at least be asked of people. */
    if (code !== 'empty') parts.push(contactBlock(contacts(), words) ?? '');
    answer = log.addAnswer(parts, words, { question: entry, spoken: text });
    entry.mark();
  }

  /* Not on its way yet: says so, and can be taken back. */
  function markUnsent(view, ...more) {
    view.entry.mark(
      words.pending,
      ...more,
      button('cancel', () => {
        if (!connection.drop(view.turn.id)) return;
        memory.remove(view.turn.id);
        views.delete(view.turn.id);
        view.entry.node.remove();
        composer.focus();
      }, words.cancel),
    );
  }

  function submit(view) {
    view.waiting = true;
    if (stale) connection.greet();
    stale = false;
    if (connection.online) startTyping();
    else if (saidOffline) markUnsent(view);
    connection.send(view.turn.message);
  }

  function wipe() {
    connection.clear();
    stopTyping();
    views.clear();
    log.clear();
  }

  /* All that memory knows and the screen does not, at the start and when another tab wrote. */
  function sync(erased = false) {
    if (erased) wipe();
    const known = new Set(memory.turns.map((t) => t.id));
    for (const [id, view] of views) {
      if (view.answered || known.has(id)) continue;
      connection.drop(id); /* taken back over there */
      views.delete(id);
      view.entry.node.remove();
    }
    for (const turn of memory.turns) {
      const view = views.get(turn.id) ?? drawQuestion(turn);
      view.turn = turn;
      if (view.answered) continue;
      if (turn.reply) {
        connection.drop(turn.id);
        drawAnswer(view);
      } else if (turn.error) drawError(view);
    }
    if (waits().length === 0) stopTyping();
    stale = true;
  }

  /* Questions that an earlier page left without an answer. */
  function takeUp() {
    if (memory.erasing) connection.send({ type: 'forget', id: nextId() });
    for (const view of views.values()) {
      if (view.answered) continue;
      if (Date.now() - view.turn.at < UNSENT_MS) submit(view);
      else markUnsent(view, button('cancel', () => submit(view), words.send));
    }
  }

  /* --- talking to the daemon --- */

  const connection = createConnection({
    dial: waysTo(server, () => ({ session: memory.session, lang: words.lang })),
    hello: () => ({
      type: 'hello',
      session: memory.session,
      lang: words.lang,
      page: location.origin + location.pathname /* never what stands behind ? or # */,
    }),
    onMessage: receive,
    onState: showState,
  });

  function sayOffline(text) {
    saidOffline = true;
    setStatus(text, { say: true, more: contactLine(contacts(), words) });
  }

  function showState(state, ms = 0) {
    if (state === 'online') {
      clearTimeout(offlineTimer);
      offlineTimer = null;
      for (const view of waits()) view.entry.mark();
      setStatus('');
      if (saidOffline) log.say(words.online);
      saidOffline = false;
      stale = false;
      if (waits().length > 0) startTyping();
    } else if (state === 'slow') {
      stopTyping();
      let left = Math.max(1, Math.ceil(ms / 1000));
      setStatus(words.slow(left), { say: true });
      slowTimer = setInterval(() => {
        left = Math.max(1, left - 1);
        status.firstChild.textContent = words.slow(left);
      }, 1000);
    } else if (state === 'silent') {
      stopTyping();
      sayOffline(words.silent);
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
          sayOffline(words.offline);
          for (const view of waits()) markUnsent(view);
        }, OFFLINE_AFTER_MS);
      }
    }
  }

  function receive(message, request) {
    if (typeof message.session === 'string') memory.keep({ session: message.session });
    if (request === null) return greeted(message);
    if (request.message.type === 'forget') {
      memory.keep({ erasing: false });
      return notice(words.erased);
    }
    const view = views.get(request.message.id);
    if (view) view.waiting = false;
    if (waits().length === 0) stopTyping();
    if (message.type === 'reply' && view) return answered(message, view);
    if (message.type === 'error') return failed(message, view);
    return undefined;
  }

  function greeted(message) {
    welcome = message;
    const listed = (message.categories ?? []).flatMap((c) => c.topics ?? []);
    topics = new Set(listed.map((t) => t.intent));
    memory.keep({ contact: message.contact });
    drawWords();
  }

  function answered(reply, view) {
    const { session, confidence, ...kept } = reply;
    memory.change(view.turn.id, { reply: kept });
    if (!view.answered) {
      view.turn = { ...view.turn, reply: kept };
      stopTyping();
      drawAnswer(view, { aloud: true });
    }
    if (waits().length > 0) startTyping();
    emit('reply', { outcome: reply.outcome, intent: reply.intent ?? null });
  }

  function failed(error, view) {
    emit('error', { code: error.code, message: error.message });
    if (!view) return notice(words.errors[error.code] ?? words.errors.other);
    memory.change(view.turn.id, { error: error.code });
    view.turn = { ...view.turn, error: error.code };
    drawError(view);
    return undefined;
  }

  function put(text, message) {
    const turn = { id: message.id, text, at: Date.now(), lang: words.lang, message };
    showSheet(false); /* or the answer would come behind it */
    memory.add(turn);
    submit(drawQuestion(turn));
  }

  function ask(text) {
    const cut = [...String(text).trim()].slice(0, 500).join('');
    if (cut !== '') put(cut, { type: 'ask', id: nextId(), text: cut });
  }

  function pick(choice, turn, replyWords) {
    const { question } = turn.reply;
    const intent = choice ? choice.intent : null;
    memory.change(turn.id, { chosen: intent });
    if (question) {
      put(choice ? choice.title : replyWords.none, { type: 'pick', id: nextId(), intent, question });
    } else if (choice) {
      ask(choice.title); /* the question is not in the log, so there is nothing to label */
    } else {
      log.addAnswer([contactBlock(contacts(), words) ?? el('p', {}, words.sorryAlone)], words);
    }
    if (!touch.matches) composer.focus();
  }

  function erase() {
    showSheet(false);
    wipe();
    memory.erase();
    memory.draft = '';
    if (memory.erasing) connection.send({ type: 'forget', id: nextId() });
    notice(connection.online || !memory.erasing ? words.erased : words.erasedHere);
    log.node.scrollTop = 0;
    emit('erase');
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
      if (sheet.node.hidden) shell.close();
      else showSheet(false);
    } else if (event.key === 'Tab' && small.matches) {
      keepFocusInside(event);
    }
  }
  for (const type of ['keydown', 'keyup', 'keypress']) panel.addEventListener(type, onKey);

  /* On a small screen the panel covers the page; Tab must not wander off behind it. */
  function keepFocusInside(event) {
    const stops = 'button, a[href], summary, textarea, [tabindex="0"]';
    const all = [...panel.querySelectorAll(stops)].filter(
      (node) => node.getClientRects().length && getComputedStyle(node).visibility !== 'hidden',
    );
    const [first, last] = [all[0], all[all.length - 1]];
    const at = root.activeElement;
    const leaving = event.shiftKey ? at === first || at === title : at === last;
    if (!leaving) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  /* Colours that the page chose: what goes with its ground, and what can be read on it. */
  function paint() {
    shell.tint();
    panel.style.removeProperty('--fg');
    panel.toggleAttribute('data-own', getComputedStyle(panel).getPropertyValue('--faq-bg') !== '');
    const { color, backgroundColor } = getComputedStyle(panel);
    const ink = shell.ink(color, backgroundColor);
    if (ink) panel.style.setProperty('--fg', ink);
  }

  /* An on-screen keyboard shrinks the visual viewport only: the panel follows it. */
  function fitViewport() {
    const view = window.visualViewport;
    panel.setAttribute('aria-modal', String(small.matches));
    /* Pinched larger, the viewport is the visitor's lens and not what a keyboard left over. */
    if (!view || view.scale > 1.01) return;
    panel.style.setProperty('--view-height', `${view.height}px`);
    panel.style.setProperty('--view-top', `${view.offsetTop}px`);
  }
  const wakeUp = () => document.visibilityState === 'visible' && connection.retryNow();
  const watched = [
    [window.visualViewport, 'resize', fitViewport],
    [window.visualViewport, 'scroll', fitViewport],
    [small, 'change', fitViewport],
    [darkness, 'change', paint],
    [document, 'visibilitychange', wakeUp],
    [window, 'online', wakeUp],
  ].filter(([target]) => target);
  for (const [target, type, fn] of watched) target.addEventListener(type, fn);

  function rest() {
    if (!connection.rest()) restTimer = setTimeout(rest, REST_AFTER_MS);
  }

  shell.addStyle(root, css);
  root.append(panel);
  root.querySelector('.launcher').setAttribute('aria-controls', 'panel');
  opener.setAttribute('aria-expanded', 'false');
  drawWords();
  composer.setText(memory.draft);
  sync();
  stale = false;
  takeUp();

  return {
    open() {
      isOpen = true;
      clearTimeout(restTimer);
      panel.hidden = false;
      host.toggleAttribute('data-open', true);
      fitViewport();
      paint();
      composer.fit();
      log.toEnd();
      connection.wake();
      /* On a touch screen the text field would push the keyboard over the welcome. */
      if (touch.matches) title.focus({ preventScroll: true });
      else composer.focus();
    },
    close() {
      isOpen = false;
      const hadFocus = panel.contains(root.activeElement);
      showSheet(false);
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
      for (const timer of [restTimer, offlineTimer, noticeTimer]) clearTimeout(timer);
      clearInterval(slowTimer);
      stopTyping();
      log.destroy();
      connection.close();
      memory.close();
      for (const [target, type, fn] of watched) target.removeEventListener(type, fn);
      panel.remove();
    },
  };
}

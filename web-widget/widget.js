/*
 * widget.js - the one script tag that puts the chat on a page.
 *
 * Only the launcher is here. Nothing is connected or stored until the chat is opened; then
 * ./widget/panel.js is imported from where this script came from. All stands in an open shadow
 * root, so that neither the page's styles reach us nor ours the page.
 */
(() => {
  'use strict';
  if (window.FaqChat) return;

  const script =
    document.currentScript || document.querySelector('script[src*="widget.js"]'); /* a module */
  if (!script) return;
  const server = new URL('./', script.src).href;
  const data = script.dataset;

  const options = {
    lang: /^en/i.test(data.lang || document.documentElement.lang) ? 'en' : 'ja',
    position: data.position === 'left' ? 'left' : 'right',
  };
  const words = {
    ja: {
      label: data.label || 'チャットで質問',
      close: '閉じる',
      failed: 'チャットを読み込めませんでした。もう一度お試しください。',
    },
    en: {
      label: data.label || 'Ask a question',
      close: 'Close',
      failed: 'The chat could not be loaded. Please try again.',
    },
  };

  /* A page's `*{…!important}` beats anything less than initial!important. Sizes are in em of the
   * browser's own font size: rem belongs to the page. */
  const css = `
:host{all:initial!important}
[hidden]{display:none!important}
.launcher,.failed{position:fixed;box-sizing:border-box;z-index:var(--faq-z,2147483000);
font:bold 1em/1.4 var(--faq-font,"BIZ UDPGothic","Hiragino Sans","Noto Sans JP","Noto Sans CJK JP",
Meiryo,system-ui,sans-serif);bottom:calc(var(--faq-offset-y,20px) + env(safe-area-inset-bottom));
right:var(--faq-offset-x,20px)}
:host([data-position=left]) :is(.launcher,.failed){right:auto;left:var(--faq-offset-x,20px)}
.launcher{display:flex;align-items:center;gap:.5em;min-height:3.5em;padding:.5em 1.25em .5em 1em;
border:2px solid transparent;border-radius:var(--faq-radius,1.75em);cursor:pointer;color:#fff;
background:var(--faq-accent,#0b5cab);box-shadow:0 .25em 1em #0004}
.launcher:hover{filter:brightness(1.1)}
.launcher:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #14324f}
.launcher[aria-busy=true]{opacity:.75;cursor:progress}
.launcher svg{width:1.5em;height:1.5em;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round}
.failed{bottom:calc(var(--faq-offset-y,20px) + 4.5em);max-width:min(20em,100vw - 40px);margin:0;
padding:1em;border:1px solid;border-radius:.75em;background:#fff;color:#8c1d18}
@media (forced-colors:active){.launcher{border-color:ButtonText}}
@media print{.launcher,.failed,.panel{display:none!important}}`;

  const addStyle = (root, text) => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } catch {
      /* Safari before 16.4 */
      const style = document.createElement('style');
      style.textContent = text;
      root.prepend(style);
    }
  };

  /* A custom element's name, because pages hide empty <div>s; it needs no definition. */
  const host = document.createElement('faq-chat');
  host.lang = options.lang;
  host.dataset.position = options.position;
  if (data.theme) host.dataset.theme = data.theme; /* light, dark; else as the system is */
  const root = host.attachShadow({ mode: 'open' });
  addStyle(root, css);

  const make = (name) => document.createElement(name);
  const svg = (name) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const icon = svg('svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const path = svg('path');
  icon.append(path);
  const label = make('span');
  const launcher = make('button');
  launcher.type = 'button';
  launcher.className = 'launcher';
  launcher.part = 'launcher';
  launcher.setAttribute('aria-haspopup', 'dialog');
  launcher.append(icon, label);
  root.append(launcher);

  const failed = make('p');
  failed.className = 'failed';
  failed.setAttribute('role', 'alert');
  failed.hidden = true;
  root.append(failed);

  let isOpen = false;
  let panel = null;
  let failures = 0;
  let destroyed = false;

  const show = () => {
    const w = words[options.lang];
    host.lang = options.lang;
    label.textContent = isOpen ? w.close : w.label;
    launcher.setAttribute('aria-expanded', String(isOpen));
    path.setAttribute('d', isOpen ? 'M6 6l12 12M18 6L6 18' : 'M4 5h16v11H10l-5 4v-4H4z');
  };

  const listeners = new Map();
  const emit = (type, detail) => {
    /* One that throws must not stop us. */
    for (const fn of listeners.get(type) || []) queueMicrotask(() => fn(detail));
  };

  const load = () => {
    launcher.setAttribute('aria-busy', 'true');
    failed.hidden = true;
    failed.textContent = '';
    /* A failed import may be remembered by its address. */
    const address = new URL('./widget/panel.js' + (failures ? `?retry=${failures}` : ''), server);
    panel = import(address.href)
      .then(({ createPanel }) => {
        if (destroyed) throw new Error('destroyed');
        return createPanel({ host, root, launcher, server, options, addStyle, emit, show, close });
      })
      .catch((error) => {
        panel = null;
        failures += 1;
        throw error;
      })
      .finally(() => launcher.removeAttribute('aria-busy'));
    return panel;
  };

  const withPanel = (act) => {
    if (destroyed) return Promise.resolve();
    return (panel || load()).then(act, (error) => {
      if (destroyed) return;
      failed.hidden = false;
      failed.textContent = words[options.lang].failed;
      emit('error', { code: 'load', message: String(error) });
    });
  };

  const open = () =>
    withPanel((p) => {
      if (isOpen || destroyed) return;
      isOpen = true;
      show();
      p.open();
      emit('open');
    });
  function close() {
    if (!isOpen) return;
    isOpen = false;
    show();
    panel.then((p) => p.close());
    emit('close');
  }
  const ask = (text) => open().then(() => panel && panel.then((p) => p.ask(String(text))));
  const on = (type, fn) => {
    if (!listeners.has(type)) listeners.set(type, new Set());
    listeners.get(type).add(fn);
    return () => listeners.get(type)?.delete(fn);
  };
  const place = () => destroyed || document.body.append(host);
  const destroy = () => {
    if (destroyed) return;
    destroyed = true;
    document.removeEventListener('DOMContentLoaded', place);
    if (panel) panel.then((p) => p.destroy(), () => {});
    host.remove();
    listeners.clear();
    delete window.FaqChat;
  };

  launcher.addEventListener('click', () => (isOpen ? close() : open()));
  show();
  Object.defineProperty(window, 'FaqChat', {
    value: Object.freeze({ open, close, ask, destroy, on }),
    configurable: true,
  });
  if (document.body) place();
  else document.addEventListener('DOMContentLoaded', place);
})();

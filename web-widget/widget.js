/*
 * widget.js - the one script tag that puts the chat on a page.
 *
 * Only the launcher is here. Nothing is connected or stored until the chat is opened; then
 * ./widget/panel.js is imported from where this script came from. All stands in an open shadow
 * root, so that neither the page's styles reach us nor ours the page.
 */
(() => {
  'use strict';
  /* A page may have left commands in an array before we came: [['open'], ['on', 'reply', fn]] */
  const left = window.FaqChat;
  if (left && !Array.isArray(left)) return;

  const script =
    document.currentScript || document.querySelector('script[src*="widget.js"]'); /* a module */
  if (!script) return;
  const server = new URL('./', script.src).href;
  const data = script.dataset;

  const options = {
    /* Never the page's own lang: templates write lang="en" over Japanese pages. */
    lang: /^en/i.test(data.lang) ? 'en' : 'ja',
    phone: data.phone || '',
    hours: data.hours || '',
  };
  const words = {
    ja: {
      label: data.label || 'チャットで質問',
      close: '閉じる',
      failed: 'チャットを読み込めませんでした。もう一度お試しください。',
      phone: 'お電話: ',
    },
    en: {
      label: data.label || 'Ask a question',
      close: 'Close',
      failed: 'The chat could not be loaded. Please try again.',
      phone: 'Telephone: ',
    },
  };

  /* A page's `*{…!important}` beats anything less than initial!important. Sizes are in em of the
   * browser's own font size: rem belongs to the page. */
  const css = `
:host{all:initial!important;--ui:var(--faq-font,"BIZ UDPGothic","Hiragino Sans","Noto Sans JP",
"Noto Sans CJK JP","Yu Gothic UI",Meiryo,system-ui,sans-serif)}
[hidden]{display:none!important}
.launcher,.failed{position:fixed;box-sizing:border-box;z-index:var(--faq-z,2147483000);
font:bold 1em/1.4 var(--ui);bottom:calc(var(--faq-offset-y,20px) + env(safe-area-inset-bottom));
right:var(--faq-offset-x,20px)}
:host([data-position=left]) :is(.launcher,.failed){right:auto;left:var(--faq-offset-x,20px)}
.launcher{display:flex;align-items:center;gap:.5em;min-height:3.5em;padding:.5em 1.375em .5em 1.125em;
border:2px solid transparent;border-radius:var(--faq-radius,1.75em);cursor:pointer;
color:var(--ink,var(--faq-on-accent,#fff));background:var(--faq-accent,#0b5cab);
box-shadow:0 .125em .375em #0b1f3333,0 .5em 1.5em #0b1f3333}
.launcher:hover{box-shadow:0 .125em .375em #0b1f3355,0 .5em 2em #0b1f3366}
.launcher:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #14324f}
.launcher[aria-busy=true]{cursor:progress}
:host([data-yield]) .launcher{visibility:hidden}
.launcher svg{width:1.5em;height:1.5em;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round}
.failed{bottom:calc(var(--faq-offset-y,20px) + 4.5em);max-width:min(20em,100vw - 40px);margin:0;
padding:1em;border:1px solid;border-radius:.75em;background:#fff;color:#8c1d18}
.failed a{display:block;color:inherit;white-space:nowrap;line-height:2.75}
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
  host.dataset.position = data.position === 'left' ? 'left' : 'right';
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
  launcher.setAttribute('part', 'launcher');
  launcher.setAttribute('aria-haspopup', 'dialog');
  launcher.append(icon, label);

  const failed = make('p');
  failed.className = 'failed';
  failed.setAttribute('role', 'alert');
  failed.hidden = true;
  root.append(launcher, failed);

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

  /* The page chooses the colours; whether they can be read is our concern. */
  const luminance = (color) => {
    const [r, g, b] = (color.match(/[\d.]+/g) || []).map((v) => {
      const c = v / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  /* Black or white for a ground that `color` cannot be read on, else ''. */
  const ink = (color, ground) => {
    const [a, b] = [luminance(color), luminance(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return !(ratio < 4.5) ? '' : b > 0.179 ? '#000' : '#fff';
  };
  const tint = () => {
    host.style.removeProperty('--ink');
    const { color, backgroundColor } = getComputedStyle(launcher);
    if (/^rgb/.test(backgroundColor)) {
      host.style.setProperty('--ink', ink(color, backgroundColor) || 'initial');
    }
  };

  /* A field of the page that has the focus must not lie under the launcher (WCAG 2.4.11). */
  const give = () => {
    const field = document.activeElement;
    const [a, b] = [launcher.getBoundingClientRect(), field?.getBoundingClientRect()];
    host.toggleAttribute(
      'data-yield',
      !isOpen &&
        ![null, document.body, document.documentElement, host].includes(field) &&
        b.left < a.right && b.right > a.left && b.top < a.bottom && b.bottom > a.top,
    );
  };
  const watched = [[document, 'focusin'], [document, 'focusout'], [window, 'scroll'], [window, 'resize']];

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
        return createPanel({
          host, root, launcher, server, options, addStyle, emit, show, close, tint, ink,
        });
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
      const w = words[options.lang];
      failed.textContent = w.failed;
      if (options.phone) {
        const call = make('a');
        call.href = `tel:${options.phone.replace(/[^0-9+]/g, '')}`;
        call.textContent = w.phone + options.phone;
        failed.append(call, options.hours);
      }
      failed.hidden = false;
      emit('error', { code: 'load', message: String(error) });
    });
  };

  const open = () =>
    withPanel((p) => {
      if (isOpen || destroyed) return;
      isOpen = true;
      show();
      p.open();
      give();
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
  const place = () => {
    if (destroyed) return;
    document.body.append(host);
    if (data.layer === 'top' && host.showPopover) {
      host.popover = 'manual';
      host.showPopover();
    }
    tint();
  };
  const destroy = () => {
    if (destroyed) return;
    destroyed = true;
    document.removeEventListener('DOMContentLoaded', place);
    for (const [target, type] of watched) target.removeEventListener(type, give);
    if (panel) panel.then((p) => p.destroy(), () => {});
    host.remove();
    listeners.clear();
    delete window.FaqChat;
  };

  launcher.addEventListener('click', () => (isOpen ? close() : open()));
  for (const [target, type] of watched) target.addEventListener(type, give, { passive: true });
  show();
  const api = { open, close, ask, destroy, on };
  const run = ([name, ...rest]) => api[name]?.(...rest);
  /* So that a page may always write FaqChat.push([…]), before we came and after. */
  Object.defineProperty(api, 'push', { value: run });
  Object.defineProperty(window, 'FaqChat', { value: Object.freeze(api), configurable: true });
  if (document.body) place();
  else document.addEventListener('DOMContentLoaded', place);
  (left || []).forEach(run);
})();

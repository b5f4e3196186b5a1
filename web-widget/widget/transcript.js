/*
 * transcript.js - the dialogue to take along: copied, saved as a text file, or printed.
 */
import { el } from './dom.js';
import { blocks } from './render.js';
import { wordsFor } from './strings.js';

const when = (words) =>
  new Date().toLocaleString(words.lang === 'ja' ? 'ja-JP' : 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Asia/Tokyo',
  });

const source = () => location.origin + location.pathname;

/* Every address that an answer links to. */
function links(node) {
  if (Array.isArray(node)) return node.flatMap(links);
  if (!node || typeof node !== 'object') return [];
  const own = node.t === 'a' && /^https?:/.test(node.href) ? [node.href] : [];
  return [...own, ...[node.c, node.items, node.head, node.rows].flatMap(links)];
}

export function transcriptText(title, turns, words) {
  const parts = turns.map((t) => {
    const reply = t.reply;
    const lines = [`■ ${words.you}: ${t.text}`];
    if (reply) {
      lines.push(`${words.bot}: ${[reply.title, reply.text].filter(Boolean).join('\n')}`);
      lines.push(...new Set(links(reply.body)));
      for (const c of reply.contact ?? []) lines.push([c.label, c.phone, c.hours].join(' '));
    } else {
      lines.push(`(${words.pending})`);
    }
    return lines.join('\n');
  });
  const head = [title, when(words), source()].join('\n');
  return [head, ...parts].join('\n\n') + '\n';
}

export async function copyText(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    /* pages without https, or without the permission */
    const field = el('textarea', { class: 'sr', 'aria-hidden': 'true' });
    field.value = text;
    root.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

/* With a BOM, or old Windows editors show Japanese as rubbish. */
export function saveText(text) {
  const address = URL.createObjectURL(
    new Blob(['\ufeff', text.replace(/\n/g, '\r\n')], { type: 'text/plain;charset=utf-8' }),
  );
  const day = new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10);
  el('a', { href: address, download: `faq-${day}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const css = `body{margin:2em auto;max-width:42em;line-height:1.75;overflow-wrap:anywhere}
h2{border-top:1px solid;padding-top:.75em}table{border-collapse:collapse}
:is(td,th){border:1px solid;padding:.25em .75em;font-weight:inherit}
.nowrap{white-space:nowrap}.sr{display:none}a[href^=http]::after{content:" <" attr(href) ">"}`;

/* A window of its own: what the page prints is the page's business. */
export function printView(title, turns, words) {
  const view = window.open('', '_blank');
  if (!view) return false;
  const page = view.document;
  page.documentElement.lang = words.lang;
  page.title = title;
  const sheet = new view.CSSStyleSheet();
  sheet.replaceSync(css);
  page.adoptedStyleSheets = [sheet];
  page.body.append(
    el('h1', {}, title),
    el('p', {}, when(words), el('br'), source()),
    ...turns.flatMap((t) => {
      const reply = t.reply;
      const words_ = wordsFor(reply?.lang ?? words.lang);
      return [
        el('h2', {}, `${words.you}: ${t.text}`),
        reply?.title ? el('h3', {}, reply.title) : '',
        ...(reply ? blocks(reply.body, words_) : [el('p', {}, words.pending)]),
        ...(reply?.contact ?? []).map((c) => el('p', {}, [c.label, c.phone, c.hours].join(' '))),
      ];
    }),
  );
  view.print();
  return true;
}

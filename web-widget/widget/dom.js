/*
 * dom.js - elements without markup in strings.
 *
 * Everything that the widget shows is made here, by createElement and text nodes, so there is
 * nothing that could turn an answer or a question into markup, and no Trusted Types policy is
 * needed.
 */

/* el('button', { class: 'send', onclick: fn, hidden: true }, 'text', node, null) */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return node;
}

/* An icon of one stroked path on a 24 × 24 grid; decoration only, its button carries the name. */
export function icon(d) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', d);
  svg.append(path);
  return svg;
}

/* Text for screen readers alone. */
export const hiddenText = (text) => el('span', { class: 'sr' }, text);

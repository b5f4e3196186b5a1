/*
 * browser.mjs - Debian's Chromium, and pages that remember what went wrong on them.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer as createTcpServer } from 'node:net';
import { chromium } from 'playwright-core';

export const launch = ({ args = [] } = {}) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });

/*
 * A page of its own context. `page.complaints` collects policy violations, uncaught errors and
 * console errors; a connection that is refused while a daemon restarts is not one of them.
 */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(12000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' && !/Content Security|Trusted/i.test(text)) return;
    if (/WebSocket connection to .* failed/.test(text)) return;
    page.complaints.push(text);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return page;
}

export async function assertClean(page) {
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(page.complaints, []);
}

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/* What axe finds; it is evaluated by the debugger, outside of the page's policy. */
export async function findings(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/* Opens the chat and waits until the daemon has greeted. */
export async function openChat(page) {
  await page.locator('faq-chat .launcher').click();
  await page.locator('faq-chat .panel').waitFor({ state: 'visible' });
  await page.locator('faq-chat .privacy').waitFor({ state: 'visible' });
}

export const answers = (page) => page.locator('faq-chat .entry.bot');
export const questions = (page) => page.locator('faq-chat .entry.you');

/* Asks and returns the locator of the answer that came. */
export async function ask(page, text) {
  const before = await answers(page).count();
  await page.locator('faq-chat textarea').fill(text);
  await page.locator('faq-chat .send').click();
  return answerAfter(page, before);
}

export async function answerAfter(page, before) {
  const answer = answers(page).nth(before);
  await answer.waitFor({ state: 'attached', timeout: 15000 });
  return answer;
}

/* A site of somebody else: serves one page under a policy of its own, on another port. */
export async function startSite(html, { csp = null } = {}) {
  const server = createServer((request, response) => {
    const page = request.url === '/';
    response.writeHead(page ? 200 : 404, {
      'Content-Type': 'text/html; charset=utf-8',
      ...(csp ? { 'Content-Security-Policy': csp } : {}),
    });
    response.end(page ? html : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}/`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/*
 * A proxy between browser and daemon: `delay` ms each way; `upgrade` 'refuse' answers a WebSocket
 * handshake with 400, 'swallow' never, as old proxies do; `prefix` is a folder that is taken off.
 */
export async function startProxy(port, { delay = 0, upgrade = 'pass', prefix = '' } = {}) {
  const sockets = new Set();
  const server = createTcpServer((near) => {
    let far = null;
    const later = (fn) => (delay ? setTimeout(fn, delay) : fn());
    sockets.add(near);
    near.on('error', () => {});
    near.on('close', () => (sockets.delete(near), far?.destroy()));
    near.on('data', (bytes) => {
      if (far === null) {
        if (upgrade !== 'pass' && /^upgrade: *websocket/im.test(bytes.toString('latin1'))) {
          if (upgrade === 'refuse') {
            near.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          }
          return;
        }
        far = connect(port, '127.0.0.1');
        far.setNoDelay(true);
        far.on('error', () => near.destroy());
        far.on('data', (back) => later(() => near.destroyed || near.write(back)));
        far.on('close', () => later(() => near.destroy()));
      }
      const text = bytes.toString('latin1');
      const line = /^[A-Z]+ (\/[^/ ]+)\//.exec(text);
      const plain = line?.[1] === `/${prefix}` ? text.replace(line[1], '') : text;
      later(() => far.destroyed || far.write(Buffer.from(plain, 'latin1')));
    });
    near.setNoDelay(true);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}/`,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

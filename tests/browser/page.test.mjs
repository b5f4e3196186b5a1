/* The widget as a guest: strict policies, hostile style sheets, and what it leaves alone. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ask, assertClean, launch, newPage, openChat, startSite } from './browser.mjs';
import { startDaemon } from './daemon.mjs';

let daemon, browser;
before(async () => {
  daemon = await startDaemon();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});

/* What a test opens is closed also when it fails. */
const opened = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
const visit = async (options) => {
  const page = await newPage(browser, options);
  opened.push(() => page.context().close());
  return page;
};
const siteOf = async (body, csp = null) => {
  const site = await startSite(
    `<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>よその医院</title>
<link rel="icon" href="data:,"></head><body>${body}
<script src="${daemon.base}widget.js" async></script></body></html>`,
    { csp },
  );
  opened.push(() => site.stop());
  return site;
};

const strict = () => {
  const ws = daemon.base.replace('http:', 'ws:');
  return (
    `default-src 'none'; script-src ${daemon.base}; connect-src ${ws}; style-src 'self'; ` +
    `img-src data:; require-trusted-types-for 'script'; trusted-types 'none'`
  );
};

test('the demo page has a strict policy, and nothing on it breaks it', async () => {
  const page = await visit();
  const response = await page.goto(daemon.base);
  const csp = response.headers()['content-security-policy'] ?? '';
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]) {
    assert.ok(csp.includes(part), `${part} in ${csp}`);
  }
  await openChat(page);
  await ask(page, '初期費用はいくらですか');
  await assertClean(page);
});

test("another site's page under the strictest policy: an answer and no violation", async () => {
  const site = await siteOf('<h1>よその医院</h1>', strict());
  const page = await visit();
  await page.goto(site.base);
  await openChat(page);
  const answer = await ask(page, '初期費用はいくらですか');
  assert.match(await answer.innerText(), /356,246/);
  await assertClean(page);
});

test('before the first opening: one request, no connection, nothing stored, no cookie', async () => {
  const site = await siteOf('<h1>よその医院</h1>');
  const page = await visit();
  const requests = [];
  const sockets = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.goto(site.base, { waitUntil: 'networkidle' });
  await page.locator('faq-chat .launcher').waitFor();
  assert.deepEqual(
    requests.filter((url) => url.startsWith(daemon.base)),
    [`${daemon.base}widget.js`],
  );
  assert.deepEqual(sockets, []);
  const kept = () =>
    page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(await kept(), [0, 0, '']);

  await openChat(page);
  assert.deepEqual(await kept(), [0, 0, ''], 'looking is not using');
  assert.equal(sockets.length, 1);
  await ask(page, '初期費用はいくらですか');
  assert.deepEqual(await kept(), [1, 0, ''], 'after use: the dialogue, and no cookie');
  assert.deepEqual(await page.context().cookies(), []);
  for (const url of requests) assert.ok(/^(data:|http:\/\/127\.0\.0\.1)/.test(url), url);
});

test('the dialogue is taken up again on the next page of the same tab', async () => {
  const page = await visit();
  const hellos = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.type === 'hello') hellos.push(message);
    }),
  );
  await page.goto(`${daemon.base}?secret=1#part`);
  await openChat(page);
  await ask(page, '初期費用はいくらですか');
  await page.reload();
  await openChat(page);
  assert.equal(hellos[0].session, null);
  assert.equal(typeof hellos[1].session, 'string');
  assert.equal(hellos[0].page, daemon.base, 'never the query or the fragment');
});

/* What the widget must look like whatever the page does to itself. */
const looks = (page) =>
  page.evaluate(() => {
    const root = document.querySelector('faq-chat').shadowRoot;
    const of = (selector) => {
      const style = getComputedStyle(root.querySelector(selector));
      const names = ['color', 'backgroundColor', 'fontSize', 'fontWeight', 'display', 'position'];
      names.push('letterSpacing', 'lineHeight', 'visibility', 'opacity', 'width', 'zIndex');
      return Object.fromEntries(names.map((name) => [name, style[name]]));
    };
    return {
      launcher: of('.launcher'),
      panel: of('.panel'),
      head: of('.head'),
      send: of('.send'),
      hello: of('.hello'),
      field: of('textarea'),
    };
  });

test('a hostile style sheet changes nothing', async () => {
  const sheets = [
    '',
    `<style>*{color:red!important;font-size:40px!important;letter-spacing:9px!important;
      line-height:3!important;opacity:.3!important;visibility:hidden!important}
      div:empty,:not(:defined),faq-chat{display:none!important}
      html{font-size:62.5%} button{transform:scale(3)!important;width:5px!important}
      body>*{position:relative!important;z-index:-1!important}</style>`,
  ];
  const seen = [];
  for (const sheet of sheets) {
    const site = await siteOf(`${sheet}<h1>よその医院</h1>`);
    const page = await visit();
    await page.goto(site.base);
    await openChat(page);
    seen.push(await looks(page));
      await site.stop();
  }
  assert.deepEqual(seen[1], seen[0]);
});

test('the page keeps its globals, its focus and its body style; destroy() leaves nothing', async () => {
  const site = await siteOf('<input id="own" autofocus><script>window.onmessage=()=>7</script>');
  const page = await visit();
  await page.addInitScript(() => addEventListener('load', () => document.getElementById('own').focus()));
  await page.goto(site.base);
  await page.locator('faq-chat .launcher').waitFor();
  const state = () =>
    page.evaluate(() => ({
      focus: document.activeElement.id,
      message: window.onmessage?.(),
      style: document.body.getAttribute('style'),
      ours: Object.keys(window).filter((key) => /faq/i.test(key)),
    }));
  await page.locator('#own').focus();
  assert.deepEqual(await state(), { focus: 'own', message: 7, style: null, ours: [] });
  assert.deepEqual(
    await page.evaluate(() => [Object.isFrozen(FaqChat), Object.keys(FaqChat)]),
    [true, ['open', 'close', 'ask', 'destroy', 'on']],
  );

  const told = await page.evaluate(async () => {
    const events = [];
    FaqChat.on('open', () => events.push('open'));
    FaqChat.on('close', () => {
      throw new Error('of the page');
    });
    const reply = new Promise((resolve) => FaqChat.on('reply', resolve));
    await FaqChat.ask('初期費用はいくらですか');
    events.push((await reply).intent);
    return events;
  });
  assert.deepEqual(told, ['open', 'price-initial']);
  await page.evaluate(() => FaqChat.close());
  assert.ok(await page.locator('faq-chat .panel').isHidden());
  assert.match(page.complaints.join(), /of the page/, "the page's own mistakes stay its own");

  await page.evaluate(() => FaqChat.destroy());
  assert.equal(await page.locator('faq-chat').count(), 0);
  assert.equal(await page.evaluate(() => 'FaqChat' in window), false);
});

test('the daemon is away when the page loads the panel: said in words, and the next press works', async () => {
  const page = await visit();
  await page.goto(daemon.base);
  await page.route('**/widget/panel.js*', (route) => route.abort(), { times: 1 });
  await page.locator('faq-chat .launcher').click();
  await page.locator('faq-chat .failed').waitFor({ state: 'visible' });
  await openChat(page);
  assert.ok(await page.locator('faq-chat .failed').isHidden());
});

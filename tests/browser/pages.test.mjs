/* /chat and /faq: for browsers without scripts, and for people who would rather read. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { findings, launch, newPage } from './browser.mjs';
import { startDaemon, startSmall } from './daemon.mjs';

let daemon, small, browser, page;
before(async () => {
  [daemon, small] = await Promise.all([startDaemon(), startSmall()]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await Promise.all([daemon?.stop(), small?.stop()]);
});
afterEach(() => page.context().close());

const visit = async (path, { at = daemon, js = false, ...options } = {}) => {
  page = await newPage(browser, { javaScriptEnabled: js, ...options });
  return page.goto(at.base + path);
};
const ask = async (text) => {
  await page.fill('textarea', text);
  const loaded = page.waitForEvent('load');
  await page.click('form:has(textarea) > button');
  await loaded;
};

test('/chat without scripts: a question, its answer with a table, a rating, one row', async () => {
  const response = await visit('chat');
  const csp = response.headers()['content-security-policy'];
  for (const part of ["default-src 'none'", "style-src 'self'", "form-action 'self'"]) {
    assert.ok(csp.includes(part), csp);
  }
  assert.doesNotMatch(csp, /script-src|unsafe/);
  await ask('初期費用はいくらですか');
  assert.match(await page.innerText('article'), /356,246円/);
  assert.ok(await page.locator('article table th[scope=row]').count());
  assert.match(await page.innerText('.asked'), /初期費用はいくらですか/);
  await page.click('button[name=rate][value=yes]');
  assert.match(await page.innerText('[role=status]'), /ありがとう/);
  const rows = daemon.rows("SELECT intent, helpful FROM questions WHERE text LIKE '初期費用は%'");
  assert.deepEqual(rows, [{ intent: 'price-initial', helpful: 1 }]);
});

test('/chat: reloading the answer sends the form again and logs nothing twice', async () => {
  await visit('chat');
  await ask('毎月の費用はいくらですか');
  await page.reload();
  assert.ok(await page.locator('article').count());
  const rows = daemon.rows("SELECT count(*) AS n FROM questions WHERE text LIKE '毎月の費用%'");
  assert.deepEqual(rows, [{ n: 1 }]);
});

test('/chat: choices are buttons, also none of these; the dialogue goes on', async () => {
  await visit('chat', { at: small });
  await ask('相談したい');
  await page.click('.choices button:text("相談の料金")');
  assert.match(await page.innerText('article'), /無料/);
  await ask('相談したい');
  await page.click('.choices button[value=""]');
  assert.match(await page.innerText('.contact'), /0120-000-000/);
  const sessions = small.rows('SELECT DISTINCT session FROM questions');
  assert.equal(sessions.length, 1);
});

test('/chat: what is typed is text, and an error gives it back', async () => {
  await visit('chat');
  await ask('<b>"&\'</b><script>alert(1)</script> v6の料金');
  assert.match(await page.innerText('.asked'), /<b>"&'<\/b><script>/);
  assert.equal(await page.locator('script, main b').count(), 0);
  await ask(' \u3000 ');
  assert.match(await page.innerText('[role=alert]'), /読み取れません/);
  assert.ok(await page.locator('.contact a[href="tel:0120087033"]').count());
});

test('/chat: the English switch keeps the dialogue', async () => {
  await visit('chat', { at: small });
  await ask('営業時間は?');
  await page.click('button[name=tongue]');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await ask('opening hours');
  const sessions = small.rows("SELECT DISTINCT session FROM questions WHERE text IN ('営業時間は?', 'opening hours')");
  assert.equal(sessions.length, 1);
});

test('/chat: another site cannot post there', async () => {
  await visit('chat');
  const post = (headers) =>
    fetch(`${daemon.base}chat`, {
      method: 'POST',
      body: 'text=v6',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
  assert.equal((await post({ Origin: 'https://evil.example' })).status, 403);
  assert.equal((await post({ Origin: 'null' })).status, 403);
  assert.equal((await post({})).status, 200);
  assert.equal((await post({ 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await fetch(`${daemon.base}chat`, { method: 'PUT', body: 'x' })).status, 405);
});

test('/faq: every answer of the content once, each under an address of its own', async () => {
  await visit('faq');
  const { readdir, readFile } = await import('node:fs/promises');
  const intents = new URL('../../intents/', import.meta.url);
  const wanted = [];
  for (const name of await readdir(intents)) {
    if (!name.endsWith('.json') || name === 'terms.json') continue;
    const intent = JSON.parse(await readFile(new URL(name, intents), 'utf8'));
    if (!intent.reject && !intent.talk) wanted.push(name.slice(0, -5));
  }
  const ids = await page.locator('article').evaluateAll((all) => all.map((a) => a.id));
  assert.deepEqual([...ids].sort(), wanted.sort());
  const links = await page.locator('nav a').evaluateAll((all) => all.map((a) => a.hash.slice(1)));
  assert.deepEqual(links, ids, 'the contents lead to all of them, in their order');
  assert.match(await page.innerText('#price-initial'), /356,246円/);
  assert.match(await page.innerText('#area-east-west'), /東日本/);
});

test('/faq: a search names the nearest topics, also for what is no text', async () => {
  await visit('faq');
  await page.fill('input[type=search]', 'お客さまID');
  await page.click('form[role=search] button');
  const first = page.locator('.found a').first();
  assert.match(await first.innerText(), /お客さまID/);
  await first.click();
  assert.match(new URL(page.url()).hash, /^#customer-id/);
  await page.goto(`${daemon.base}faq?q=${encodeURIComponent('<script>"&')}`);
  assert.match(await page.innerText('.found'), /<script>"/);
  await page.goto(`${daemon.base}faq?q=%ff%fe&lang=en`);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

test('both pages: axe finds nothing, and nothing sticks out at 320 px', async () => {
  for (const path of ['chat', 'faq', 'faq?lang=en']) {
    await visit(path, { js: true, viewport: { width: 320, height: 700 } });
    assert.deepEqual(await findings(page), [], path);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), path);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    if (path !== 'faq?lang=en') await page.context().close();
  }
});

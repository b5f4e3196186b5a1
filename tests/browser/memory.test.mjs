/* What survives: reload, page change, a second tab, a restart of the daemon; and what is erased. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  answerAfter, answers, ask, assertClean, launch, newPage, openChat, questions, startProxy, startSite,
} from './browser.mjs';
import { startDaemon, startSmall } from './daemon.mjs';

let daemon, browser;
const opened = [];
before(async () => {
  daemon = await startSmall();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const visit = async (base = daemon.base, options) => {
  const page = await newPage(browser, options);
  opened.push(() => page.context().close());
  await page.goto(base);
  return page;
};
const hearings = (page) =>
  page.locator('faq-chat').evaluate((host) => {
    window.heard = [];
    new MutationObserver(() => {
      const text = host.shadowRoot.querySelector('[aria-live=polite]').textContent;
      if (text) window.heard.push(text);
    }).observe(host.shadowRoot.querySelector('[aria-live=polite]'), { childList: true });
  });
const texts = (page) => page.locator('faq-chat .entry').evaluateAll((all) => all.map((e) => e.innerText));

test('after a reload the dialogue stands there, within 200 ms, and nothing of it is read out again', async () => {
  const page = await visit();
  await openChat(page);
  await ask(page, '営業時間は?');
  await (await ask(page, '相談したい')).locator('.choices button').first().click();
  await answerAfter(page, 2);
  const before_ = await texts(page);
  for (let moves = 0; moves < 10; moves += 1) await page.reload();
  await page.evaluate(() => {
    window.said = 0;
    const watch = (root) =>
      new MutationObserver(() => {
        if (root.querySelector('[aria-live=polite]')?.textContent) window.said += 1;
      }).observe(root, { childList: true, subtree: true, characterData: true });
    watch(document.querySelector('faq-chat').shadowRoot);
  });
  const ms = await page.evaluate(async () => {
    await FaqChat.open(); /* the files are there: now what the dialogue itself takes */
    FaqChat.close();
    const start = performance.now();
    await FaqChat.open();
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
  });
  assert.ok(ms < 200, `${ms} ms`);
  assert.equal((await texts(page)).length, before_.length);
  assert.deepEqual((await texts(page)).map((t) => t.slice(0, 6)), before_.map((t) => t.slice(0, 6)));
  assert.match(await answers(page).nth(1).locator('[data-chosen]').innerText(), /選択済み/);
  assert.equal(await page.evaluate(() => window.said), 0);
  await ask(page, '営業時間は?');
  assert.equal(daemon.rows("SELECT DISTINCT session FROM questions").length, 1, 'one session');
  await assertClean(page);
});

test('a draft survives the reload', async () => {
  const page = await visit();
  await openChat(page);
  await page.locator('faq-chat textarea').fill('相談の前に聞きた');
  await page.reload();
  await openChat(page);
  assert.equal(await page.locator('faq-chat textarea').inputValue(), '相談の前に聞きた');
  await page.keyboard.press('Enter');
  await answerAfter(page, 0);
  await page.reload();
  await openChat(page);
  assert.equal(await page.locator('faq-chat textarea').inputValue(), '');
});

test('two tabs show one dialogue, speak of it only where it was asked, and share the session', async () => {
  const first = await visit();
  await openChat(first);
  await ask(first, '営業時間は?');
  const second = await first.context().newPage();
  await second.goto(daemon.base);
  await openChat(second);
  assert.equal(await questions(second).count(), 1);
  await hearings(second);
  await ask(first, '相談料はいくら?');
  await answerAfter(second, 1);
  assert.deepEqual(await second.evaluate(() => window.heard), []);
  await ask(second, '何時まで開いていますか');
  await answerAfter(first, 2);
  assert.deepEqual(await texts(first), await texts(second));
  const rows = daemon.rows("SELECT session, text FROM questions WHERE text IN ('相談料はいくら?', '何時まで開いていますか')");
  assert.equal(rows.length, 2);
  assert.equal(rows[0].session, rows[1].session);
});

test('erasing takes it from this browser, from the other tab and from the daemon', async () => {
  const page = await visit();
  await openChat(page);
  await ask(page, '営業時間 けしてください');
  const second = await page.context().newPage();
  await second.goto(daemon.base);
  await openChat(second);
  const kept = daemon.rows("SELECT session FROM questions WHERE text = '営業時間 けしてください'");
  assert.equal(kept.length, 1);
  await page.bringToFront();
  await page.locator('faq-chat .options').click();
  await page.locator('faq-chat .deeds button', { hasText: '会話を消去する' }).click();
  await page.locator('faq-chat .sure button', { hasText: '消去する' }).click();
  await page.locator('faq-chat .status', { hasText: '消去しました' }).waitFor();
  assert.equal(await questions(page).count(), 0);
  await second.waitForFunction(
    () => !document.querySelector('faq-chat').shadowRoot.querySelector('.entry'),
  );
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.doesNotMatch(stored, /けしてください/);
  while (daemon.rows("SELECT 1 FROM questions WHERE text = '営業時間 けしてください'").length) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await ask(page, '営業時間は?');
  const [{ session }] = daemon.rows('SELECT session FROM questions ORDER BY id DESC LIMIT 1');
  assert.notEqual(session, kept[0].session);
});

test('erased while the daemon is away: the server follows as soon as it is back, also after a reload', async () => {
  const own = await startSmall();
  const site = await startSite(
    `<!doctype html><html lang="ja"><meta charset="utf-8"><title>頁</title><link rel="icon" href="data:,">
     <script src="${own.base}widget.js" async></script></html>`,
  );
  opened.push(() => site.stop());
  const page = await visit(site.base);
  await openChat(page);
  await ask(page, '営業時間 ひみつ');
  await own.stop({ keep: true });
  await page.locator('faq-chat .status', { hasText: '接続できません' }).waitFor();
  await page.locator('faq-chat .options').click();
  await page.locator('faq-chat .deeds button', { hasText: '会話を消去する' }).click();
  await page.locator('faq-chat .sure button', { hasText: '消去する' }).click();
  await page.locator('faq-chat .status', { hasText: 'つながりしだい' }).waitFor();
  const again = await startSmall({ port: own.port, dir: own.dir });
  await page.reload();
  await page.locator('faq-chat .launcher').click();
  await page.locator('faq-chat .status', { hasText: '会話を消去しました' }).waitFor();
  assert.deepEqual(again.rows("SELECT text FROM questions WHERE text LIKE '%ひみつ%'"), []);
  await again.stop();
});

test('questions without a daemon: kept in order over a reload, one is taken back, the rest go once', async () => {
  const own = await startSmall();
  const site = await startSite(
    `<!doctype html><html lang="ja"><meta charset="utf-8"><title>頁</title><link rel="icon" href="data:,">
     <script src="${own.base}widget.js" async></script></html>`,
  );
  opened.push(() => site.stop());
  const page = await visit(site.base);
  await openChat(page);
  await ask(page, '営業時間は?');
  await own.stop({ keep: true });
  await page.locator('faq-chat .status', { hasText: '接続できません' }).waitFor();
  for (const text of ['営業時間 一', '営業時間 二', '営業時間 三']) {
    await page.locator('faq-chat textarea').fill(text);
    await page.keyboard.press('Enter');
  }
  assert.equal(await page.locator('faq-chat .pending', { hasText: '未送信' }).count(), 3);
  await page.locator('faq-chat .pending button', { hasText: '取り消す' }).nth(1).click();
  assert.equal(await questions(page).count(), 3);
  const again = await startSmall({ port: own.port, dir: own.dir });
  await page.reload();
  await openChat(page);
  await answerAfter(page, 2);
  const rows = again.rows('SELECT text FROM questions ORDER BY id').map((row) => row.text);
  assert.deepEqual(rows, ['営業時間は?', '営業時間 一', '営業時間 三']);
  await again.stop();
});

test('a question left unsent for more than an hour is not sent behind the visitor\'s back', async () => {
  const page = await visit();
  await openChat(page);
  await ask(page, '営業時間は?');
  await page.evaluate(() => {
    const key = Object.keys(localStorage)[0];
    const state = JSON.parse(localStorage[key]);
    const at = Date.now() - 2 * 3600000;
    const message = { type: 'ask', id: 'old-1', text: '営業時間 むかし' };
    state.turns.unshift({ id: 'old-1', text: message.text, at, message });
    localStorage[key] = JSON.stringify(state);
  });
  await page.reload();
  await openChat(page);
  await ask(page, '相談料は?');
  assert.equal(daemon.rows("SELECT 1 FROM questions WHERE text LIKE '%むかし%'").length, 0);
  await page.locator('faq-chat .pending button', { hasText: '送信' }).click();
  await answerAfter(page, 2);
  assert.equal(daemon.rows("SELECT 1 FROM questions WHERE text LIKE '%むかし%'").length, 1);
});

test('where storage is forbidden the chat works as long as the page', async () => {
  const page = await newPage(browser);
  opened.push(() => page.context().close());
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    }
  });
  await page.goto(daemon.base);
  await openChat(page);
  await ask(page, '営業時間は?');
  await ask(page, '相談料は?');
  assert.equal(await answers(page).count(), 2);
  await assertClean(page);
});

test('the English switch keeps the dialogue, and the next page stays English', async () => {
  const page = await visit();
  await openChat(page);
  await ask(page, '営業時間は?');
  await page.locator('faq-chat .language').click();
  await page.locator('faq-chat[lang=en] .privacy').waitFor();
  assert.equal(await answers(page).count(), 1);
  const answer = await ask(page, 'What are the opening hours?');
  assert.equal(await answer.getAttribute('lang'), 'en');
  assert.equal(await answers(page).first().getAttribute('lang'), 'ja');
  await page.reload();
  await page.locator('faq-chat .launcher').click();
  await page.locator('faq-chat .panel[lang=en]').waitFor();
  assert.equal(await answers(page).count(), 2);
  assert.equal(daemon.rows('SELECT DISTINCT session FROM questions ORDER BY id DESC LIMIT 2').length >= 1, true);
});

for (const upgrade of ['refuse', 'swallow']) {
  test(`a proxy that ${upgrade}s WebSockets: the same dialogue by POST`, async () => {
    const proxy = await startProxy(daemon.port, { upgrade });
    opened.push(() => proxy.stop());
    const page = await visit(proxy.base);
    await openChat(page);
    const answer = await ask(page, '営業時間を教えて');
    assert.match(await answer.innerText(), /9:00/);
    await answer.locator('.rate').first().click();
    await (await ask(page, '相談したい')).locator('.choices .none').click();
    const last = await answerAfter(page, 2);
    assert.ok(await last.locator('.contact').count());
    const rows = daemon.rows('SELECT session, helpful, text FROM questions ORDER BY id DESC LIMIT 2');
    assert.equal(rows[0].session, rows[1].session);
    assert.equal(rows[1].helpful, 1);
    await page.locator('faq-chat textarea').pressSequentially('相談');
    await page.locator('faq-chat [role=option]').first().waitFor();
  });
}

test('100 restarts in mid-dialogue: every question answered once and logged once', async () => {
  let own = await startSmall();
  const page = await visit(own.base);
  await openChat(page);
  const asked = [];
  for (let i = 0; i < 100; i += 1) {
    const text = `営業時間を教えて ${i}`;
    asked.push(text);
    await page.evaluate((words) => FaqChat.ask(words), text);
    /* In the middle of things: before, while and after the answer comes. */
    if (i % 4 === 1) await answerAfter(page, i);
    if (i % 4 === 2) await new Promise((resolve) => setTimeout(resolve, i % 13));
    if (i % 2) await own.crash();
    else await own.stop({ keep: true });
    own = await startSmall({ port: own.port, dir: own.dir });
    await page.evaluate(() => dispatchEvent(new Event('online')));
  }
  await answerAfter(page, 99);
  assert.deepEqual(
    await page.locator('faq-chat .entry').evaluateAll((all) =>
      all.map((e) => (e.classList.contains('you') ? 'q' : 'a')).join(''),
    ),
    'qa'.repeat(100),
  );
  const rows = own.rows('SELECT text FROM questions').map((row) => row.text);
  assert.deepEqual(rows.sort(), asked.sort());
  await own.stop();
});

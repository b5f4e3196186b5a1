/* With a screen reader, by keyboard alone, enlarged, in other colours, on paper. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  answerAfter, answers, ask, assertClean, findings, launch, newPage, openChat, questions,
} from './browser.mjs';
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

const visit = async ({ at = daemon, ...options } = {}) => {
  page = await newPage(browser, options);
  await page.goto(at.base);
  await page.locator('faq-chat .launcher').waitFor();
};
const focused = () =>
  page.evaluate(() => {
    const node = document.querySelector('faq-chat')?.shadowRoot.activeElement;
    return node ? node.id || node.className || node.localName : document.activeElement.localName;
  });
const listen = () =>
  page.evaluate(() => {
    window.heard = [];
    const live = document.querySelector('faq-chat').shadowRoot.querySelector('[aria-live=polite]');
    new MutationObserver(() => live.textContent && window.heard.push([live.textContent, Date.now()])).observe(live, {
      childList: true,
    });
    window.emptied = new Promise((resolve) => {
      new MutationObserver(() => live.textContent || resolve(Date.now())).observe(live, { childList: true });
    });
  });

test('each answer is spoken once, as plain text, and is gone from the region later', async () => {
  await visit({ at: small });
  await openChat(page);
  await listen();
  await ask(page, '営業時間は?');
  const [all, gone] = await page.evaluate(async () => [window.heard, await window.emptied]);
  /* A busy machine may take the 400 ms after which it is said that an answer is being prepared. */
  const heard = all.filter(([text]) => !/準備/.test(text));
  assert.equal(heard.length, 1);
  assert.match(heard[0][0], /^営業時間\n平日の9:00〜17:00です。$/);
  assert.ok(gone - heard[0][1] >= 1000, 'some readers miss what stands for less than a second');
  const log = page.locator('faq-chat [role=log]');
  assert.equal(await log.getAttribute('aria-live'), 'off');
  assert.equal(await log.getAttribute('tabindex'), '0');
  assert.ok(await log.getAttribute('aria-label'));
  assert.match(await questions(page).first().textContent(), /^あなた: /);
  assert.match(await answers(page).first().textContent(), /^回答: /);
});

test('what a reader is told of the panel: a dialog with a name, the launcher with its state', async () => {
  await visit({ at: small });
  const launcher = page.locator('faq-chat .launcher');
  assert.equal(await launcher.getAttribute('aria-expanded'), 'false');
  await openChat(page);
  assert.equal(await launcher.getAttribute('aria-expanded'), 'true');
  const panel = page.locator('faq-chat .panel');
  assert.equal(await panel.getAttribute('role'), 'dialog');
  assert.equal(await panel.getAttribute('aria-modal'), 'false');
  assert.equal(await page.locator('faq-chat #title').innerText(), 'みどり窓口');
  assert.equal(await page.locator('faq-chat textarea').getAttribute('enterkeyhint'), 'send');
  assert.equal(await page.locator('faq-chat textarea').getAttribute('lang'), 'ja');
});

test('by keyboard alone: open, ask, choose, rate, menu, close; the focus is never lost or caught', async () => {
  await visit({ at: small });
  await page.evaluate(() => document.body.prepend(document.createElement('button')));
  await page.locator('faq-chat .launcher').focus();
  await page.keyboard.press('Enter');
  await page.locator('faq-chat .privacy').waitFor();
  assert.equal(await focused(), 'question');
  await page.keyboard.type('相談したい');
  await page.keyboard.press('Enter');
  await answerAfter(page, 0);
  assert.equal(await focused(), 'question', 'an answer does not move the focus');
  for (let i = 0; i < 12 && !/choice/.test(await focused()); i += 1) await page.keyboard.press('Shift+Tab');
  assert.match(await focused(), /choice none/);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await answerAfter(page, 1);
  assert.equal(await focused(), 'question', 'after a choice one goes on typing');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(), 'rate');
  await page.keyboard.press('Space');
  assert.equal(await page.locator('faq-chat .rate[aria-pressed=true]').count(), 1);
  const outline = await page.evaluate(() => {
    const style = getComputedStyle(document.querySelector('faq-chat').shadowRoot.activeElement);
    return [style.outlineStyle, parseFloat(style.outlineWidth)];
  });
  assert.deepEqual(outline, ['solid', 3]);
  await page.locator('faq-chat .options').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'summary');
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'options');
  assert.ok(await page.locator('faq-chat .panel').isVisible());
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'launcher');
  await page.keyboard.press('Shift+Tab');
  assert.notEqual(await focused(), 'launcher');
});

test('Tab goes launcher, panel, page on a desktop and stays inside on a phone', async () => {
  await visit({ at: small });
  await openChat(page);
  await page.evaluate(() => {
    const after_ = document.createElement('button');
    after_.id = 'after';
    document.body.append(after_);
  });
  await page.locator('faq-chat .launcher').focus();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'options');
  await page.locator('faq-chat .send').focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'after');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('faq-chat .send').focus();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'options');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(), 'send');
});

test('the log scrolls by keyboard', async () => {
  await visit({ viewport: { width: 1280, height: 520 } });
  await openChat(page);
  await ask(page, '初期費用はいくらですか');
  const log = page.locator('faq-chat .log');
  await log.focus();
  const top = () => log.evaluate((node) => node.scrollTop);
  for (const [key, moved] of [
    ['End', (a, b) => b > a],
    ['Home', (a, b) => b === 0 && a > 0],
    ['PageDown', (a, b) => b > a],
    ['PageUp', (a, b) => b < a],
  ]) {
    const before_ = await top();
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
    assert.ok(moved(before_, await top()), `${key}: ${before_} → ${await top()}`);
  }
});

test('on a touch screen the keyboard stays down at opening: the focus is on the heading', async () => {
  await visit({ at: small, hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await page.locator('faq-chat .launcher').tap();
  await page.locator('faq-chat .privacy').waitFor();
  assert.equal(await focused(), 'title');
  await page.locator('faq-chat .menu summary').first().tap();
  await page.locator('faq-chat .menu .choice').first().tap();
  await answerAfter(page, 0);
  assert.notEqual(await focused(), 'question');
});

/* Eight states in three palettes and on a phone: nothing for axe to find. */
for (const [name, options] of [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
]) {
  test(`axe finds nothing in eight states: ${name}`, async () => {
    await visit({ at: small, ...options });
    const clean = async (state) => assert.deepEqual(await findings(page), [], state);
    await clean('closed');
    await openChat(page);
    await page.locator('faq-chat .menu summary').first().click();
    await clean('welcome with an open category');
    await page.locator('faq-chat textarea').pressSequentially('相談');
    await page.locator('faq-chat [role=option]').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await clean('suggestions');
    await page.keyboard.press('Escape');
    await ask(page, '相談したい');
    await clean('choices');
    const answer = await ask(page, '営業時間は?');
    await answer.locator('.rate').last().click();
    await answer.locator('.rated a').first().waitFor();
    await clean('an answer that did not help');
    await ask(page, '明日の天気');
    await clean('unanswered with contact');
    await page.locator('faq-chat .options').click();
    await page.locator('faq-chat .deeds button').last().waitFor({ state: 'attached' });
    await clean('menu');
    await page.keyboard.press('Escape');
    await page.locator('faq-chat textarea').fill('字'.repeat(501));
    await clean('too long');
  });
}

test('axe finds nothing in a long answer with tables, nor while there is no connection', async () => {
  const own = await startDaemon();
  await visit({ at: own });
  await openChat(page);
  const answer = await ask(page, '初期費用はいくらですか');
  await answer.locator('.unfold').click();
  assert.deepEqual(await findings(page), []);
  await own.stop();
  await page.locator('faq-chat textarea').fill('工事までに何を用意しますか');
  await page.locator('faq-chat .send').click();
  await page.locator('faq-chat .status a').first().waitFor();
  assert.deepEqual(await findings(page), []);
});

test('text at 200 %, and with the spacing of WCAG 1.4.12: nothing is cut off', async () => {
  const large = await launch({ args: ['--blink-settings=defaultFontSize=32'] });
  try {
    page = await newPage(large, { viewport: { width: 1280, height: 900 } });
    await page.goto(daemon.base);
    await openChat(page);
    const size = await page.locator('faq-chat .hello').evaluate((n) => parseFloat(getComputedStyle(n).fontSize));
    assert.equal(size, 32);
    const answer = await ask(page, '初期費用はいくらですか');
    await page.locator('faq-chat').evaluate((host) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        '*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}' +
          'p{margin-bottom:2em!important}',
      );
      host.shadowRoot.adoptedStyleSheets.push(sheet);
    });
    const cut = await page.locator('faq-chat').evaluate((host) => {
      const panel = host.shadowRoot.querySelector('.panel').getBoundingClientRect();
      return [...host.shadowRoot.querySelectorAll('.panel *')]
        .filter((n) => !n.closest('.sr, svg, [hidden]') && !(n.closest('.table') && !n.matches('.table')))
        .filter((n) => {
          const box = n.getBoundingClientRect();
          if (box.width === 0) return false;
          const clipped = getComputedStyle(n).overflowX !== 'visible' ? 0 : n.scrollWidth - n.clientWidth;
          return box.right > panel.right + 1 || box.left < panel.left - 1 || (n.matches('button') && clipped > 1);
        })
        .map((n) => `${n.className || n.localName}: ${n.textContent.slice(0, 20)}`);
    });
    assert.deepEqual(cut, []);
    assert.ok(await page.locator('faq-chat textarea').isVisible());
    await answer.locator('.rate').first().click();
  } finally {
    await large.close();
  }
});

test('in forced colours bubbles and buttons have borders', async () => {
  await visit({ at: small, forcedColors: 'active' });
  await openChat(page);
  await ask(page, '相談したい');
  for (const name of ['.bubble', '.choice', '.send', '.launcher', 'textarea']) {
    const style = await page.locator(`faq-chat ${name}`).first().evaluate((n) => {
      const s = getComputedStyle(n);
      return [s.borderTopStyle, s.borderTopWidth, s.borderTopColor];
    });
    assert.match(style[0], /solid|dashed/, name);
    assert.notEqual(style[1], '0px', name);
    assert.doesNotMatch(style[2], /^rgba.*, 0\)$/, name);
  }
});

test('all that a finger has to hit is 44 px high, on a phone', async () => {
  await visit({ at: small, hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await openChat(page);
  await page.locator('faq-chat .menu summary').first().click();
  await ask(page, '相談したい');
  await (await ask(page, '営業時間は?')).locator('.rate').last().click();
  await ask(page, '明日の天気');
  const small_ = async () =>
    page.locator('faq-chat').evaluate((host) =>
      [...host.shadowRoot.querySelectorAll('button, summary, a.tel, textarea')]
        .filter((n) => n.getClientRects().length > 0)
        .map((n) => [n.className || n.localName, n.getBoundingClientRect()])
        .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
        .map(([name, box]) => `${name} ${Math.round(box.width)}×${Math.round(box.height)}`),
    );
  assert.deepEqual(await small_(), []);
  await page.locator('faq-chat .options').click();
  assert.deepEqual(await small_(), []);
});

test('the whole FAQ is three taps away without typing', async () => {
  await visit({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await page.locator('faq-chat .launcher').tap(); /* 1 */
  await page.locator('faq-chat .menu').waitFor();
  const menu = page.locator('faq-chat .intro .menu');
  const titles = await menu.locator('.choice').allTextContents();
  assert.ok(titles.length >= 30, `${titles.length} topics`);
  await menu.locator('summary').nth(3).tap(); /* 2 */
  await menu.locator('details').nth(3).locator('.choice').nth(1).tap(); /* 3 */
  const answer = await answerAfter(page, 0);
  assert.ok(await answer.locator('h3.topic').count());
  /* And from anywhere in a dialogue: menu, category, topic; people in the same place. */
  await page.locator('faq-chat .options').tap();
  assert.ok(await page.locator('faq-chat .sheet .contact a[href="tel:0120087033"]').count());
  await page.locator('faq-chat .sheet summary').first().tap();
  await page.locator('faq-chat .sheet .choice').first().tap();
  await answerAfter(page, 1);
  assert.ok(await page.locator('faq-chat .sheet').isHidden());
});

test('suggestions come within 50 ms of being asked for', async () => {
  await visit();
  const sent = new Map();
  const took = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.type === 'suggest') sent.set(message.id, performance.now());
    });
    socket.on('framereceived', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.type === 'suggestions') took.push(performance.now() - sent.get(message.id));
    });
  });
  await openChat(page);
  for (const text of ['料金', 'お客さま', '回線', '申し込み', '補助金']) {
    const before_ = took.length;
    await page.locator('faq-chat textarea').fill(text);
    while (took.length === before_) await page.waitForTimeout(20);
  }
  assert.ok(took.sort((a, b) => a - b)[2] < 50, `${took.map(Math.round)} ms`);
});

test('suggestions: arrows choose, Enter alone never does, Escape closes the list first', async () => {
  await visit();
  await openChat(page);
  const field = page.locator('faq-chat textarea');
  const option = page.locator('faq-chat [role=option]');
  const list = page.locator('faq-chat [role=listbox]');
  await field.pressSequentially('料金');
  await option.first().waitFor();
  assert.ok((await option.count()) <= 5);
  assert.equal(await field.getAttribute('aria-controls'), await list.getAttribute('id'));
  assert.equal(await field.getAttribute('aria-activedescendant'), null);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.equal(await field.getAttribute('aria-activedescendant'), 'suggest-1');
  assert.equal(await option.nth(1).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Escape');
  assert.ok(await list.isHidden());
  assert.ok(await page.locator('faq-chat .panel').isVisible());
  await field.pressSequentially('は');
  await field.fill('料金');
  await option.first().waitFor();
  const title = await option.nth(0).innerText();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const answer = await answerAfter(page, 0);
  assert.equal(await questions(page).first().locator('.bubble').textContent(), `あなた: ${title}`);
  assert.equal(await answer.locator('h3.topic').innerText(), title, 'it answers what it offered');
  await field.fill('料金 ');
  await option.first().waitFor();
  await page.keyboard.press('Enter');
  await answerAfter(page, 1);
  assert.equal(await questions(page).nth(1).locator('.bubble').textContent(), 'あなた: 料金', 'what was typed');
  /* Silent while a conversion is open. */
  const cdp = await page.context().newCDPSession(page);
  await field.focus();
  await cdp.send('Input.imeSetComposition', { text: 'りょうきん', selectionStart: 5, selectionEnd: 5 });
  await page.waitForTimeout(400);
  assert.ok(await list.isHidden());
  await cdp.send('Input.insertText', { text: '料金' });
  await option.first().waitFor();
  await option.first().click();
  await answerAfter(page, 2);
  await assertClean(page);
});

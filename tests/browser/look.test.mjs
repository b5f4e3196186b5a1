/* Sizes, phones and what axe finds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, launch, newPage, openChat } from './browser.mjs';
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

for (const width of [320, 390]) {
  test(`at ${width} px the panel fills the screen and nothing sticks out`, async () => {
    const page = await newPage(browser, {
      viewport: { width, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await page.goto(daemon.base);
    await openChat(page);
    const panel = page.locator('faq-chat .panel');
    assert.deepEqual(await panel.boundingBox(), { x: 0, y: 0, width, height: 844 });
    assert.equal(await panel.getAttribute('aria-modal'), 'true');
    assert.ok(await page.locator('faq-chat .launcher').isHidden());
    await ask(page, '初期費用はいくらですか');
    await ask(page, '料金');
    const out = await panel.evaluate((node) => {
      const inTable = (n) => n.closest('.table') && !n.matches('.table');
      return [...node.querySelectorAll('*')]
        .filter((n) => !inTable(n) && !n.closest('.sr') && !n.matches('.sr'))
        .filter((n) => n.getBoundingClientRect().right > innerWidth + 0.5)
        .map((n) => n.className || n.tagName);
    });
    assert.deepEqual(out, []);
    const size = await page
      .locator('faq-chat textarea')
      .evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
    assert.ok(size >= 16, 'smaller text makes iOS zoom in');
    await page.context().close();
  });
}

test('the panel follows the visual viewport when a keyboard takes half of the screen', async () => {
  const page = await newPage(browser, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await page.addInitScript(() => {
    const view = new EventTarget();
    Object.assign(view, { height: 844, offsetTop: 0, width: 390, scale: 1 });
    Object.defineProperty(window, 'visualViewport', { value: view });
  });
  await page.goto(daemon.base);
  await openChat(page);
  await ask(page, 'こんにちは');
  await page.evaluate(() => {
    visualViewport.height = 844 - 336;
    visualViewport.dispatchEvent(new Event('resize'));
  });
  const bottom = async (selector) => {
    const box = await page.locator(`faq-chat ${selector}`).last().boundingBox();
    return box.y + box.height;
  };
  assert.ok((await bottom('textarea')) <= 844 - 336);
  assert.ok((await bottom('.entry.bot')) <= 844 - 336, 'the newest answer stays in sight');
  await page.context().close();
});

test('with reduced motion nothing moves', async () => {
  const page = await newPage(browser, { reducedMotion: 'reduce' });
  await page.goto(daemon.base);
  await openChat(page);
  await ask(page, 'こんにちは');
  const moving = await page.locator('faq-chat').evaluate((host) =>
    [...host.shadowRoot.querySelectorAll('*')]
      .map((n) => getComputedStyle(n))
      .filter((s) => s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length,
  );
  assert.equal(moving, 0);
  await page.context().close();
});

test('a long answer shows its first line, not its last', async () => {
  const page = await newPage(browser, { viewport: { width: 1280, height: 560 } });
  await page.goto(daemon.base);
  await openChat(page);
  const answer = await ask(page, '初期費用はいくらですか');
  const [entry, log] = await Promise.all([
    answer.boundingBox(),
    page.locator('faq-chat .log').boundingBox(),
  ]);
  assert.ok(entry.height > log.height, 'the answer is longer than the log');
  assert.ok(entry.y >= log.y && entry.y < log.y + log.height / 2);
  await page.context().close();
});

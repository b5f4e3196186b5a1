/*
 * shots.mjs - pictures of every state of the widget, to be looked at by people:
 *
 *   FAQD=build/asan/faqd node tests/browser/shots.mjs DIR [name…]
 *
 * One PNG per device and state. No picture is kept in the repository.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, launch, newPage, openChat } from './browser.mjs';
import { startDaemon, startSmall } from './daemon.mjs';

const [dir, ...only] = process.argv.slice(2);
if (!dir) throw new Error('usage: shots.mjs DIR [name…]');
await mkdir(dir, { recursive: true });

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const devices = [
  ['desktop', { viewport: { width: 1280, height: 800 } }],
  ['phone', phone],
  ['narrow', { ...phone, viewport: { width: 320, height: 640 } }],
  ['dark', { ...phone, colorScheme: 'dark' }],
  ['dark-desktop', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['forced', { viewport: { width: 1280, height: 800 }, forcedColors: 'active' }],
];

const shipped = await startDaemon();
const small = await startSmall();
const browser = await launch();

const states = {
  closed: async () => {},
  welcome: openChat,
  menu: async (page) => {
    await openChat(page);
    await page.locator('faq-chat .menu summary').nth(1).click();
  },
  answer: async (page) => {
    await openChat(page);
    await ask(page, 'v6オプションの料金を教えてください');
  },
  long: async (page) => {
    await openChat(page);
    await ask(page, '初期費用はいくらですか');
  },
  talk: async (page) => {
    await openChat(page);
    await ask(page, 'こんにちは');
    await ask(page, 'お客さまIDとは何ですか');
  },
  suggest: async (page) => {
    await openChat(page);
    await page.locator('faq-chat textarea').pressSequentially('お客さま');
    await page.locator('faq-chat [role=option]').first().waitFor();
  },
  choices: async (page) => {
    await page.goto(small.base);
    await openChat(page);
    await ask(page, '相談したい');
  },
  unanswered: async (page) => {
    await openChat(page);
    await ask(page, '明日の東京の天気を教えて');
  },
  rated: async (page) => {
    await openChat(page);
    const answer = await ask(page, 'お客さまIDの調べ方は?');
    await answer.locator('.rate').last().click();
    await answer.locator('.rated').scrollIntoViewIfNeeded();
  },
  more: async (page) => {
    await openChat(page);
    await ask(page, 'こんにちは');
    await page.locator('faq-chat .options').click();
  },
  english: async (page) => {
    await openChat(page);
    await page.locator('faq-chat .language').click();
    await page.locator('faq-chat[lang=en] .privacy').waitFor();
    await ask(page, 'How much does the v6 option cost?');
  },
  offline: async (page) => {
    const own = await startDaemon();
    await page.goto(own.base);
    await openChat(page);
    await ask(page, 'こんにちは');
    await own.stop();
    await page.locator('faq-chat textarea').fill('工事までに何を用意すればよいですか');
    await page.locator('faq-chat .send').click();
    await page.locator('faq-chat .status a[href^="tel:"]').first().waitFor();
  },
  chat: (page) => page.goto(`${shipped.base}chat`),
  faq: (page) => page.goto(`${shipped.base}faq`),
};

for (const [device, options] of devices) {
  for (const [state, act] of Object.entries(states)) {
    const name = `${device}-${state}`;
    if (only.length && !only.some((word) => name.includes(word))) continue;
    const page = await newPage(browser, options);
    await page.goto(shipped.base);
    await page.locator('faq-chat .launcher').waitFor();
    try {
      await act(page);
      await page.waitForTimeout(250);
    } catch (error) {
      console.error(`${name}: ${String(error).split('\n')[0]}`);
    }
    await page.screenshot({ path: join(dir, `${name}.png`) });
    await page.context().close();
  }
}
await browser.close();
await shipped.stop();
await small.stop();

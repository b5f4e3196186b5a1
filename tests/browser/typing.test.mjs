/* The keyboard: an Enter that confirms a kana conversion never sends. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { answers, launch, newPage, openChat, questions } from './browser.mjs';
import { startSmall } from './daemon.mjs';

let daemon, browser, page, input;
before(async () => {
  daemon = await startSmall();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});
afterEach(() => page.context().close());

const open = async () => {
  page = await newPage(browser);
  await page.goto(daemon.base);
  await openChat(page);
  input = page.locator('faq-chat textarea');
  await input.focus();
};

/* Types かいせん, converts, and confirms with Enter: the events of Chromium and Firefox. */
async function confirmConversion() {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Input.imeSetComposition', {
    text: 'かいせん',
    selectionStart: 4,
    selectionEnd: 4,
  });
  await cdp.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    windowsVirtualKeyCode: 229,
    key: 'Process',
    code: 'Enter',
  });
  await cdp.send('Input.insertText', { text: '回線' });
  await cdp.send('Input.dispatchKeyEvent', {
    type: 'keyUp',
    windowsVirtualKeyCode: 13,
    key: 'Enter',
    code: 'Enter',
  });
}

test('Enter that confirms a conversion does not send; the next Enter does', async () => {
  await open();
  await confirmConversion();
  assert.equal(await questions(page).count(), 0);
  assert.equal(await input.inputValue(), '回線');
  await page.keyboard.press('Enter');
  await answers(page).first().waitFor();
  assert.equal(await questions(page).count(), 1);
  assert.match(await questions(page).first().innerText(), /回線/);
});

test("Safari's order, composition first ended, then keydown 229, does not send either", async () => {
  await open();
  await input.fill('回線');
  await input.evaluate((node) => {
    const key = (type, more) =>
      node.dispatchEvent(
        new KeyboardEvent(type, { key: 'Enter', bubbles: true, composed: true, cancelable: true, ...more }),
      );
    node.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    node.dispatchEvent(new CompositionEvent('compositionend', { data: '回線', bubbles: true }));
    key('keydown', { keyCode: 229, isComposing: false });
    key('keyup', { keyCode: 13 });
  });
  assert.equal(await questions(page).count(), 0);
  assert.equal(await input.inputValue(), '回線');
});

test('Escape cancels the conversion first and closes the chat only then', async () => {
  await open();
  await input.evaluate((node) =>
    node.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229, isComposing: true, bubbles: true }),
    ),
  );
  assert.ok(await page.locator('faq-chat .panel').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('faq-chat .panel').isHidden());
  const focused = await page.evaluate(
    () => document.querySelector('faq-chat').shadowRoot.activeElement?.className,
  );
  assert.equal(focused, 'launcher');
});

test('the "send" key of an Android keyboard without a key name sends; while composing it does not', async () => {
  await open();
  const press = (isComposing) =>
    input.evaluate((node, composing) => {
      const make = (type, Type, more) =>
        node.dispatchEvent(new Type(type, { bubbles: true, composed: true, cancelable: true, ...more }));
      make('keydown', KeyboardEvent, { key: 'Unidentified', keyCode: 229, isComposing: composing });
      make('beforeinput', InputEvent, { inputType: 'insertLineBreak', isComposing: composing });
      make('keyup', KeyboardEvent, { key: 'Unidentified', keyCode: 229 });
    }, isComposing);
  await input.fill('回線');
  await press(true);
  assert.equal(await questions(page).count(), 0);
  await press(false);
  await answers(page).first().waitFor();
  assert.equal(await questions(page).count(), 1);
});

test('a composition that is open holds back even an Enter that looks plain', async () => {
  await open();
  await input.evaluate((node) => {
    node.value = 'かいせん';
    node.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 13, bubbles: true, cancelable: true }));
  });
  assert.equal(await questions(page).count(), 0);
});

test('Shift+Enter breaks the line', async () => {
  await open();
  await page.keyboard.type('a');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('b');
  assert.equal(await input.inputValue(), 'a\nb');
  assert.equal(await questions(page).count(), 0);
});

test('Enter twice, Enter held down, and Enter on nothing send once or not at all', async () => {
  await open();
  await page.keyboard.press('Enter');
  assert.equal(await questions(page).count(), 0);
  await page.keyboard.type('v6');
  await page.keyboard.down('Enter');
  await page.keyboard.down('Enter'); /* repeats */
  await page.keyboard.up('Enter');
  await page.keyboard.press('Enter');
  await answers(page).first().waitFor();
  assert.equal(await questions(page).count(), 1);
});

test('500 characters go, 501 stay and say why; an emoji counts as one', async () => {
  await open();
  await input.fill('😀'.repeat(501));
  await page.keyboard.press('Enter');
  assert.equal(await questions(page).count(), 0);
  assert.match(await page.locator('faq-chat .room').innerText(), /あと1文字減らして/);
  assert.equal(await input.getAttribute('aria-invalid'), 'true');
  await input.fill('回'.repeat(500));
  await page.keyboard.press('Enter');
  await answers(page).first().waitFor();
  assert.equal(await questions(page).count(), 1);
});

test("the page's own shortcuts do not hear what is typed into the chat", async () => {
  await open();
  await page.evaluate(() => {
    window.heard = [];
    for (const type of ['keydown', 'keypress', 'keyup']) {
      document.addEventListener(type, (event) => window.heard.push(event.key));
    }
  });
  await page.keyboard.type('jk/');
  assert.deepEqual(await page.evaluate(() => window.heard), []);
});

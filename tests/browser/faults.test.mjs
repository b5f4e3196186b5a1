/* Bad days: what the real daemon does rarely, played by a scripted server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { answerAfter, answers, assertClean, launch, newPage, openChat, questions } from './browser.mjs';
import { reply, startScripted, welcome } from './scripted.mjs';

let browser, server, page;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
afterEach(async () => {
  await page.context().close();
  await server.stop();
});

const open = async (onMessage, options = {}) => {
  server = await startScripted((message, connection) =>
    message.type === 'hello' ? connection.send(welcome()) : onMessage(message, connection),
  );
  page = await newPage(browser, options);
  await page.goto(server.base);
  await openChat(page);
};
const send = (text) => page.evaluate((words) => FaqChat.ask(words), text);
const asks = () => server.received.filter((message) => message.type === 'ask');

test('a question whose answer was lost is sent again under the same id, and shown once', async () => {
  await open((message, connection) => {
    if (connection.number === 1) connection.cut();
    else connection.send(reply(message.id));
  });
  await send('一つ目');
  await answerAfter(page, 0);
  const [first, second] = asks();
  assert.equal(first.id, second.id);
  assert.ok(Buffer.byteLength(first.id) <= 64);
  assert.equal(await answers(page).count(), 1);
  assert.equal(await questions(page).count(), 1);
});

test('questions keep their order, one in flight, each with an id of its own', async () => {
  const held = [];
  await open((message, connection) => {
    held.push(message.text);
    setTimeout(() => connection.send(reply(message.id)), 50);
  });
  for (const text of ['一', '二', '三', '四']) await send(text);
  await answerAfter(page, 3);
  assert.deepEqual(held, ['一', '二', '三', '四']);
  assert.equal(new Set(asks().map((message) => message.id)).size, 4);
});

test('the newest token is sent in the next greeting', async () => {
  await open((message, connection) => {
    connection.send(reply(message.id));
    connection.close(1001);
  });
  await send('一つ目');
  await answerAfter(page, 0);
  await page.waitForFunction(() => true);
  const hellos = () => server.received.filter((message) => message.type === 'hello');
  while (hellos().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(hellos()[1].session, `token-${asks()[0].id}`);
});

test('rate_limited: says how long, then sends by itself', async () => {
  let refused = false;
  await open((message, connection) => {
    if (refused) return connection.send(reply(message.id));
    refused = true;
    return connection.send({
      type: 'error',
      id: message.id,
      code: 'rate_limited',
      message: '',
      retry_after_ms: 1500,
    });
  });
  await send('急ぎ');
  await page.locator('faq-chat .status', { hasText: /約2秒後/ }).waitFor();
  await page.locator('faq-chat .status', { hasText: /約1秒後/ }).waitFor();
  await answerAfter(page, 0);
  assert.ok(await page.locator('faq-chat .status').isHidden());
});

test('an error is told in words and the next question is answered', async () => {
  await open((message, connection) =>
    message.text === '!'
      ? connection.send({ type: 'error', id: message.id, code: 'empty', message: 'empty' })
      : connection.send(reply(message.id)),
  );
  await send('!');
  const error = await answerAfter(page, 0);
  assert.match(await error.innerText(), /文字でご入力ください/);
  await send('次');
  assert.match(await (await answerAfter(page, 1)).innerText(), /答え/);
});

test('the typing dots come after 400 ms, are announced, and go', async () => {
  let answer;
  await open((message, connection) => {
    answer = () => connection.send(reply(message.id));
  });
  const dots = page.locator('faq-chat .typing');
  await send('ゆっくり');
  assert.equal(await dots.count(), 0);
  await dots.waitFor();
  assert.match(await page.locator('faq-chat [aria-live=polite]').textContent(), /準備/);
  answer();
  await answerAfter(page, 0);
  assert.equal(await dots.count(), 0);
  assert.match(await page.locator('faq-chat [aria-live=polite]').textContent(), /答え/);
  assert.equal(await page.locator('faq-chat [role=log]').getAttribute('aria-live'), 'off');
});

for (const [reducedMotion, moving] of [
  ['no-preference', 3],
  ['reduce', 0],
]) {
  test(`while the dots stand there, ${moving} things move: ${reducedMotion}`, async () => {
    await open(() => {}, { reducedMotion });
    await send('ゆっくり');
    await page.locator('faq-chat .typing i').last().waitFor();
    const chat = page.locator('faq-chat');
    assert.equal(await chat.evaluate((host) => host.shadowRoot.getAnimations().length), moving);
    const slow = await chat.evaluate((host) =>
      [...host.shadowRoot.querySelectorAll('*')]
        .map((n) => getComputedStyle(n))
        .filter((s) => parseFloat(s.transitionDuration) > 0 || s.scrollBehavior === 'smooth').length,
    );
    assert.equal(slow, 0);
  });
}

test('hostile and unknown answer nodes become text; only four schemes become links', async () => {
  await open((message, connection) =>
    connection.send(
      reply(message.id, {
        body: [
          { t: 'p', c: ['<img src=x onerror=alert(1)>', { t: 'a', href: 'javascript:alert(1)', c: ['悪'] }] },
          { t: 'p', c: [{ t: 'a', href: ' data:text/html,x', c: ['悪2'] }, { t: 'later', c: ['新型'] }] },
          { t: 'hologram', c: [{ t: 'p', c: ['立体'] }] },
          { t: 'p', c: [{ t: 'a', href: 'tel:0120087033', c: ['電話'] }] },
          { t: 'p', c: [{ t: 'a', href: 'mailto:a@example.jp', c: ['手紙'] }] },
          { t: 'p', c: [{ t: 'a', href: 'https://example.jp/', c: ['頁'] }] },
          { t: 'ul' },
          { t: 'table', rows: 'x' },
          null,
          7,
        ],
      }),
    ),
  );
  await send('試す');
  const answer = await answerAfter(page, 0);
  assert.deepEqual(
    await answer.locator('a').evaluateAll((all) => all.map((a) => a.getAttribute('href'))),
    ['tel:0120087033', 'mailto:a@example.jp', 'https://example.jp/'],
  );
  const text = await answer.innerText();
  for (const part of ['<img src=x', '悪', '悪2', '新型', '立体']) assert.ok(text.includes(part), part);
  assert.equal(await answer.locator('img').count(), 0);
  await assertClean(page);
});

test('a contact says open, closed, or its hours alone', async () => {
  const place = (label, open) => ({ label, phone: '0120-087-033', hours: '平日9:00~17:00', open });
  await open((message, connection) =>
    connection.send(
      reply(message.id, {
        outcome: 'unanswered',
        intent: null,
        contact: [place('甲', true), place('乙', false), place('丙', null)],
      }),
    ),
  );
  await send('試す');
  const places = (await answerAfter(page, 0)).locator('.place');
  assert.match(await places.nth(0).innerText(), /ただいま受付中/);
  assert.match(await places.nth(1).innerText(), /ただいま受付時間外/);
  assert.doesNotMatch(await places.nth(2).innerText(), /ただいま/);
  assert.equal(await places.nth(2).locator('a').getAttribute('href'), 'tel:0120087033');
});

test('a visitor who reads further up is not pulled down, but told', async () => {
  await open((message, connection) => {
    const tall = Array.from({ length: 40 }, (_, i) => ({ t: 'p', c: [`行 ${i}`] }));
    setTimeout(() => connection.send(reply(message.id, { body: tall })), message.text === '二' ? 500 : 0);
  });
  await send('一');
  await answerAfter(page, 0);
  await send('二');
  const log = page.locator('faq-chat .log');
  await log.evaluate((node) => (node.scrollTop = 0));
  await answerAfter(page, 1);
  assert.equal(await log.evaluate((node) => node.scrollTop), 0);
  await page.locator('faq-chat .more', { hasText: '新しい回答' }).click();
  assert.ok((await log.evaluate((node) => node.scrollTop)) > 0);
});

test('no answer comes: within 3 s it says so, names the telephone, and keeps the question', async () => {
  let answer;
  await open((message, connection) => {
    answer = () => connection.send(reply(message.id));
  });
  await send('急ぎ');
  const call = page.locator('faq-chat .status a[href="tel:0120000000"]');
  await call.waitFor({ timeout: 3000 });
  assert.match(await page.locator('faq-chat .status').innerText(), /応答がありません[\s\S]*平日/);
  assert.equal(await page.locator('faq-chat .typing').count(), 0, 'the dots do not go on');
  answer();
  await answerAfter(page, 0);
  assert.ok(await page.locator('faq-chat .status').isHidden());
});

test('the connection breaks and stays broken: within 3 s with telephone and hours', async () => {
  await open(() => {});
  await server.stop();
  await page.locator('faq-chat .status a[href="tel:0120000000"]').waitFor({ timeout: 3000 });
  assert.match(await page.locator('faq-chat .status').innerText(), /接続できません/);
  await page.locator('faq-chat textarea').fill('書きかけ');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('faq-chat .pending').innerText(), /^未送信/);
  server = await startScripted(() => {});
});

test('an error that may pass is offered again, by one press', async () => {
  let refused = false;
  await open((message, connection) => {
    if (refused) return connection.send(reply(message.id));
    refused = true;
    return connection.send({ type: 'error', id: message.id, code: 'bad_request', message: 'x' });
  });
  await send('一');
  const error = await answerAfter(page, 0);
  assert.match(await error.innerText(), /送信できませんでした/);
  assert.ok(await error.locator('.contact').count());
  await error.locator('.again').click();
  await page.locator('faq-chat .entry.bot', { hasText: '答え' }).waitFor();
  assert.equal(await answers(page).count(), 1);
  assert.equal(asks()[0].id, asks()[1].id);
});

test('a press and Enter within 300 ms send one message; choices are at most five', async () => {
  const choices = Array.from({ length: 9 }, (_, i) => ({ intent: `t${i}`, title: `項目${i}` }));
  await open((message, connection) =>
    setTimeout(() => connection.send(reply(message.id, { outcome: 'choose', choices })), 300),
  );
  await page.locator('faq-chat textarea').fill('一度だけ');
  await page.evaluate(() => {
    const root = document.querySelector('faq-chat').shadowRoot;
    const enter = () =>
      root.querySelector('textarea').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', keyCode: 13, bubbles: true, cancelable: true }),
      );
    enter();
    root.querySelector('.send').click();
    enter();
    root.querySelector('.send').click();
  });
  const answer = await answerAfter(page, 0);
  assert.equal(asks().length, 1);
  assert.equal(await answer.locator('.choice:not(.none)').count(), 5);
  assert.equal(await answer.locator('.none').count(), 1);
});

test('a long answer shows some 300 characters first; the rest follows on a press', async () => {
  const body = Array.from({ length: 10 }, (_, i) => ({ t: 'p', c: [`${i}`.repeat(100)] }));
  await open((message, connection) => connection.send(reply(message.id, { body })));
  await send('長い');
  const answer = await answerAfter(page, 0);
  const visible = () =>
    answer.locator('p').evaluateAll((all) => all.filter((p) => /^\d{100}$/.test(p.textContent) && p.getClientRects().length).length);
  assert.equal(await visible(), 3);
  await answer.locator('.unfold').press('Enter');
  assert.equal(await visible(), 10);
  assert.equal(await answer.locator('.unfold').count(), 0);
  const at = await page.evaluate(() => document.querySelector('faq-chat').shadowRoot.activeElement.className);
  assert.equal(at, 'rest', 'reading goes on where it stopped');
});

test('the first message is preceded by the privacy line', async () => {
  await open(() => {});
  const privacy = page.locator('faq-chat .privacy');
  assert.equal(await privacy.innerText(), '記録します。');
  assert.ok(await privacy.isVisible());
});

test('a rating can be changed until 10 minutes after the first; later it is said that it cannot', async () => {
  const first = Date.parse('2026-04-01T10:00:00+09:00');
  const rates = () => server.received.filter((m) => m.type === 'rate').map((m) => m.helpful);
  await open((message, connection) => {
    if (message.type === 'ask') connection.send(reply(message.id));
    else if (message.type === 'rate') connection.send({ type: 'done', id: message.id });
  });
  /* Date alone stands still: all timers run on. */
  const at = (ms) => page.clock.setFixedTime(first + ms);
  const [yes, no] = ['解決した', '解決しなかった'].map((name) =>
    page.locator('faq-chat').getByRole('button', { name, exact: true }),
  );
  const pressed = async () => [await yes.getAttribute('aria-pressed'), await no.getAttribute('aria-pressed')];

  await at(0);
  await send('一');
  await answerAfter(page, 0);
  await yes.click();
  await at(300000);
  await no.click();
  await at(600000); /* counted from the first, not from the change */
  await yes.click();
  assert.deepEqual(await pressed(), ['true', 'false']);

  await at(600001);
  await no.click();
  const said = /10分以内/;
  const isOver = async () => {
    await page.locator('faq-chat .rated', { hasText: said }).waitFor();
    await page.locator('faq-chat [aria-live=polite]', { hasText: said }).waitFor({ state: 'attached' });
    assert.deepEqual(await pressed(), ['true', 'false']);
    for (const button of [yes, no]) assert.equal(await button.getAttribute('aria-disabled'), 'true');
  };
  await isOver();

  await page.reload();
  await openChat(page);
  assert.deepEqual(await pressed(), ['true', 'false']);
  await no.click();
  await isOver();

  /* Messages keep their order: a rating too many would have come before this question. */
  await send('二');
  await answerAfter(page, 1);
  assert.deepEqual(rates(), [true, false, true]);
  await assertClean(page);
});

/*
 * scripted.mjs - a server that behaves as badly as a test wants: for what the real daemon does
 * only on a bad day (no answer, a refusal, a node of a later version). Serves the widget from
 * the checkout; `onMessage(message, connection)` decides about everything else.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const widget = new URL('../../web-widget/', import.meta.url);
const page = `<!doctype html><html lang="ja"><meta charset="utf-8"><title>試験</title>
<link rel="icon" href="data:,"><script src="widget.js" defer></script><h1>試験</h1></html>`;

export const welcome = (session = 'token-0') => ({
  type: 'welcome',
  session,
  resumed: false,
  lang: 'ja',
  name: '試験',
  welcome: 'こんにちは。',
  privacy: '記録します。',
  categories: [{ id: 'a', title: '分類', topics: [{ intent: 'topic', title: '項目' }] }],
  contact: [{ label: '窓口', phone: '0120-000-000', hours: '平日', open: null }],
});

export const reply = (id, more = {}) => ({
  type: 'reply',
  id,
  session: `token-${id}`,
  lang: 'ja',
  question: '1',
  outcome: 'answer',
  intent: 'topic',
  confidence: 0.9,
  title: '項目',
  text: `答え ${id}`,
  body: [{ t: 'p', c: [`答え ${id}`] }],
  choices: [],
  contact: [],
  ...more,
});

export async function startScripted(onMessage) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    if (path === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end(page);
    } else if (/^\/(widget\.js|widget\/[a-z]+\.js)$/.test(path)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' });
      response.end(await readFile(new URL(`.${path}`, widget)));
    } else {
      response.writeHead(404).end();
    }
  });
  const sockets = new WebSocketServer({ server, path: '/ws' });
  const received = [];
  sockets.on('connection', (socket) => {
    const connection = {
      number: (sockets.count = (sockets.count ?? 0) + 1),
      send: (object) => socket.send(JSON.stringify(object)),
      cut: () => socket.terminate(),
      close: (code) => socket.close(code),
    };
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      received.push(message);
      onMessage(message, connection);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}/`,
    received,
    connections: () => sockets.count ?? 0,
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/*
 * ways.js - the two ways to the daemon: a WebSocket, and POST for networks that break it.
 *
 * A way is a function ({ open, message, close }) → { send(object), close() }. After `close` was
 * reported, or close() called, it reports nothing any more. connection.js decides when to dial;
 * here is decided which way: after two handshakes in a row that came to nothing, POST is tried,
 * and as long as neither works they take turns.
 */
const HANDSHAKE_MS = 4000; /* old proxies do not refuse an upgrade, they swallow it */

const parse = (text) => {
  try {
    const object = JSON.parse(text);
    return object && typeof object === 'object' ? object : null;
  } catch {
    return null;
  }
};

function bySocket(url, { open, message, close }, failed) {
  let live = true;
  let opened = false;
  let socket = null;
  let timer = null;
  const end = (code, times = 1) => {
    clearTimeout(timer);
    if (!live) return;
    live = false;
    failed(opened ? 0 : times);
    close(code);
  };
  try {
    socket = new WebSocket(url.href, 'faq.v1');
  } catch {
    /* An http address on an https page throws; report it as any other failure, later. */
    queueMicrotask(() => end(1006, 2));
    return { send() {}, close: () => (live = false) };
  }
  timer = setTimeout(() => {
    end(1006, 2);
    socket.close();
  }, HANDSHAKE_MS);
  socket.onopen = () => {
    clearTimeout(timer);
    opened = true;
    if (live) open();
  };
  socket.onclose = (event) => end(event.code);
  socket.onmessage = (event) => {
    const object = parse(event.data);
    /* What is not ours is passed over: an answer that never comes is noticed by its own clock. */
    if (live && object) message(object);
  };
  return {
    send: (object) => socket.send(JSON.stringify(object)),
    close() {
      clearTimeout(timer);
      live = false;
      socket.close();
    },
  };
}

function byPost(url, { open, message, close }, failed, context) {
  const gone = new AbortController();
  const end = () => {
    if (gone.signal.aborted) return;
    gone.abort();
    failed(1);
    close(1006);
  };
  queueMicrotask(() => gone.signal.aborted || open());
  return {
    send(object) {
      fetch(url.href, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...context(), ...object }),
        credentials: 'omit',
        signal: gone.signal,
      })
        .then((response) => response.text())
        .then((text) => {
          const answer = parse(text);
          if (gone.signal.aborted) return;
          if (answer?.type) message(answer);
          else end(); /* a proxy's error page */
        })
        .catch(end);
    },
    close: () => gone.abort(),
  };
}

/* `context()` is what every POST says again: { session, lang }. */
export function waysTo(server, context) {
  const socket = new URL('ws', server);
  socket.protocol = socket.protocol.replace('http', 'ws');
  const ask = new URL('ask', server);
  let failures = 0;
  const failed = (times) => (failures = times === 0 ? 0 : failures + times);

  return (handlers) =>
    failures >= 2 && failures % 3 !== 1
      ? byPost(ask, handlers, failed, context)
      : bySocket(socket, handlers, failed);
}

/*
 * socket.js - one way to carry messages: a WebSocket. connection.js decides when to dial.
 *
 * A transport is a function dial({ open, message, close }) → { send(object), close() }. After
 * `close` was reported, or close() called, it reports nothing any more.
 */
export function socketTransport(server) {
  const url = new URL('ws', server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

  return ({ open, message, close }) => {
    let live = true;
    const end = (code) => {
      if (!live) return;
      live = false;
      close(code);
    };
    let socket;
    try {
      socket = new WebSocket(url.href, 'faq.v1');
    } catch {
      /* An http address on an https page throws; report it as any other failure, later. */
      queueMicrotask(() => end(1006));
      return { send() {}, close: () => (live = false) };
    }
    socket.onopen = () => live && open();
    socket.onclose = (event) => end(event.code);
    socket.onmessage = (event) => {
      if (!live) return;
      let parsed = null;
      try {
        parsed = JSON.parse(event.data);
      } catch {
        return; /* not ours: an answer that never comes is noticed by its own clock */
      }
      if (parsed && typeof parsed === 'object') message(parsed);
    };
    return {
      send: (object) => socket.send(JSON.stringify(object)),
      close() {
        live = false;
        socket.close();
      },
    };
  };
}

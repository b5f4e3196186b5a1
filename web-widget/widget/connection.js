/*
 * connection.js - every request is answered once, whatever happens to the connection.
 *
 * Requests wait in one queue and leave it in order, one at a time: the next goes out when the
 * one before has its reply or error. A request without an answer is sent again under the same
 * id after a reconnect; the daemon recognises it and neither answers nor logs it twice. For that
 * it must know the session, so nothing is sent before `welcome`.
 *
 * Reconnecting waits random(0 … 0.5 s · 2ⁿ), at most 30 s ("full jitter"), so that a thousand
 * open pages do not come back in the same instant.
 *
 * Knows no DOM: transport, clock and chance come from outside, and tests bring their own.
 */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30000;
const WELCOME_WAIT_MS = 10000;
const REPLY_WAIT_MS = 20000;
const SILENCE_MS = 2000; /* an answer takes milliseconds: whoever waits so long wants to be told */
const BUSY_WAIT_MS = 2000;
const BUSY_TRIES_MAX = 5;
const FLOOD_WAIT_MS = 5000; /* after close code 1008 */

export function backoff(attempt, random = Math.random) {
  return random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt);
}

/* Ids are unique in the session, also over reloads and tabs, and short (64 bytes allowed).
 * Not randomUUID(): it is missing on pages without https. */
export function idMaker() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  const prefix = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
  let n = 0;
  return () => `${prefix}-${(n += 1)}`;
}

/*
 * hello()            the greeting to send on each new connection
 * onMessage(m, r)    welcome (r null), or the answer m of request r
 * onState(name, ms)  'connecting', 'online', 'waiting' (ms until the next try), 'slow' (the
 *                    daemon asks for a pause of ms), 'silent' (no answer for a while), 'resting'
 */
export function createConnection({
  dial,
  hello,
  onMessage,
  onState = () => {},
  clock = globalThis,
  random = Math.random,
}) {
  const queue = [];
  let link = null;
  let ready = false;
  let inFlight = null;
  let attempts = 0;
  let wanted = false;
  let pausedUntilTimer = null; /* the daemon asked us to slow down */
  let redialTimer = null;
  let waitTimer = null; /* for the welcome or the reply that is due */
  let silenceTimer = null;
  let silent = false;
  let peek = null; /* a question beside the queue: only the newest counts */

  const after = (ms, fn) => clock.setTimeout(fn, ms);
  const cancel = (timer) => {
    if (timer !== null) clock.clearTimeout(timer);
    return null;
  };
  const expect = (ms) => {
    waitTimer = cancel(waitTimer);
    waitTimer = after(ms, () => lose(0));
  };

  function connect() {
    if (link || !wanted) return;
    redialTimer = cancel(redialTimer);
    onState('connecting');
    expect(WELCOME_WAIT_MS);
    const mine = dial({
      open: () => mine === link && mine.send(hello()),
      message: (m) => mine === link && receive(m),
      close: (code) => mine === link && lose(code === 1008 ? FLOOD_WAIT_MS : 0),
    });
    link = mine;
  }

  function hangUp() {
    const old = link;
    link = null;
    ready = false;
    inFlight = null; /* still first in the queue: sent again after the next welcome */
    peek = null;
    silent = false;
    silenceTimer = cancel(silenceTimer);
    waitTimer = cancel(waitTimer);
    pausedUntilTimer = cancel(pausedUntilTimer);
    old?.close();
  }

  function lose(leastMs) {
    hangUp();
    if (!wanted) return;
    const ms = leastMs + backoff(attempts, random);
    attempts += 1;
    redialTimer = cancel(redialTimer);
    redialTimer = after(ms, () => {
      redialTimer = null;
      connect();
    });
    onState('waiting', ms);
  }

  function pump() {
    if (!ready || inFlight || pausedUntilTimer !== null || queue.length === 0) return;
    inFlight = queue[0];
    expect(REPLY_WAIT_MS);
    silenceTimer = after(SILENCE_MS, () => {
      silent = true;
      onState('silent');
    });
    link.send(inFlight.message);
  }

  function heard() {
    silenceTimer = cancel(silenceTimer);
    if (silent) onState('online');
    silent = false;
  }

  function settle(answer) {
    const request = queue.shift();
    inFlight = null;
    waitTimer = cancel(waitTimer);
    heard();
    onMessage(answer, request);
    pump();
  }

  function pause(ms) {
    heard();
    inFlight = null;
    waitTimer = cancel(waitTimer);
    pausedUntilTimer = cancel(pausedUntilTimer);
    pausedUntilTimer = after(ms, () => {
      pausedUntilTimer = null;
      onState('online');
      pump();
    });
    onState('slow', ms);
  }

  function refused(error) {
    const asked = Number(error.retry_after_ms);
    const wait = asked > 0 ? asked : BUSY_WAIT_MS;
    if (error.code === 'shutting_down') return lose(0);
    if (!ready) return lose(wait); /* the greeting itself was refused */
    if (error.code === 'rate_limited') return pause(wait + random() * 250);
    if (!inFlight) return undefined;
    if (error.code === 'busy' && (inFlight.tries += 1) <= BUSY_TRIES_MAX) return pause(wait);
    return settle(error);
  }

  function receive(m) {
    const mine = inFlight !== null && m.id === inFlight.message.id;
    if (peek !== null && m.id === peek.id) {
      const { then } = peek;
      peek = null;
      then(Array.isArray(m.items) ? m.items : []);
      return;
    }
    if (m.type === 'welcome') {
      const first = !ready;
      ready = true;
      attempts = 0;
      if (first) waitTimer = cancel(waitTimer);
      onMessage(m, null);
      if (first) onState('online');
      pump();
    } else if (m.type === 'error') {
      if (mine || m.id === null || m.id === undefined) refused(m);
    } else if (mine) {
      settle(m);
    }
  }

  return {
    /* Queues a request; it goes out when its turn comes. `message.id` must be unique. */
    send(message) {
      queue.push({ message, tries: 0 });
      wanted = true;
      if (!link && redialTimer === null) connect();
      pump();
    },
    wake() {
      wanted = true;
      if (!link && redialTimer === null) connect();
    },
    /* The network is back or the page visible again: no reason to wait any longer. */
    retryNow() {
      if (!wanted || link) return;
      attempts = 0;
      connect();
    },
    /* Asks beside the queue, where an answer that never comes does no harm: suggestions. */
    peek(message, then) {
      if (!ready || pausedUntilTimer !== null) return;
      peek = { id: message.id, then };
      link.send(message);
    },
    /* Takes a request back; false: it is on its way. */
    drop(id) {
      const at = queue.findIndex((request) => request.message.id === id);
      if (at < 0 || queue[at] === inFlight) return at < 0;
      queue.splice(at, 1);
      return true;
    },
    /* Forgets all that waits, on its way or not. */
    clear() {
      queue.length = 0;
      inFlight = null;
      waitTimer = cancel(waitTimer);
      heard();
    },
    /* Greets again on the open connection, e.g. in another language. */
    greet() {
      if (ready) link.send(hello());
    },
    /* Nobody looks: gives the connection back, unless something still waits for its answer. */
    rest() {
      if (queue.length > 0) return false;
      wanted = false;
      redialTimer = cancel(redialTimer);
      hangUp();
      onState('resting');
      return true;
    },
    close() {
      wanted = false;
      queue.length = 0;
      redialTimer = cancel(redialTimer);
      hangUp();
    },
    get online() {
      return ready;
    },
  };
}

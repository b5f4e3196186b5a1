/*
 * memory.js - what outlives a page view: the session token and the language, in this tab only.
 *
 * Nothing is written before the visitor's first question was answered. No cookie is ever set.
 * Storage may be forbidden (private mode, settings); the chat then works without it.
 */
export function openMemory(server) {
  const key = `faq-chat ${server}`;
  let state = {};
  let writable = false;
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    if (kept && typeof kept === 'object') {
      state = kept;
      writable = true;
    }
  } catch {
    /* unreadable or forbidden: begin anew */
  }
  const write = () => {
    if (!writable) return;
    try {
      sessionStorage.setItem(key, JSON.stringify(state));
    } catch {
      /* full or forbidden: the dialogue then lasts as long as the page */
    }
  };
  return {
    get session() {
      return typeof state.session === 'string' ? state.session : null;
    },
    get lang() {
      return state.lang === 'ja' || state.lang === 'en' ? state.lang : null;
    },
    keep(change) {
      Object.assign(state, change);
      write();
    },
    /* The visitor has used the chat: from here on it may be remembered. */
    allow() {
      writable = true;
      write();
    },
  };
}

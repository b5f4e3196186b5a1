/*
 * memory.js - what outlives a page view: the dialogue, for every page and tab of this site.
 *
 * localStorage holds one dialogue: its turns (each a message with the reply it got or still waits
 * for), the session's token and the language. It is written from the first question on, never
 * before, and forgotten after 24 hours, when the daemon forgets the session too. The draft of a
 * question is this tab's own (sessionStorage). No cookie is ever set. Storage may be forbidden
 * (private mode, settings); the chat then lasts as long as the page.
 *
 * Each tab reads, merges and writes in one go; a turn that has its reply wins over the same turn
 * without. Other tabs learn of it by the storage event. A dialogue that was erased gets a new
 * name, and what is left of the old one in another tab gives way to it.
 */
const DAY_MS = 86400000;
const TURNS_MAX = 60;

const isTurn = (t) =>
  t && typeof t.id === 'string' && typeof t.text === 'string' && t.at > 0 && t.message?.id === t.id;

export function openMemory(server, onChange) {
  const key = `faq-chat ${server}`;
  const begin = () => ({ name: String(Math.random()), at: Date.now(), turns: [] });
  let state = begin();
  let writable = false;

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(key));
      if (!Array.isArray(kept?.turns) || !(Date.now() - kept.at < DAY_MS)) return null;
      return { ...kept, turns: kept.turns.filter(isTurn) };
    } catch {
      return null; /* unreadable or forbidden */
    }
  }
  function merge() {
    const kept = load();
    if (!kept) return;
    writable = true;
    if (kept.name === state.name) {
      const all = new Map(kept.turns.map((t) => [t.id, t]));
      for (const t of state.turns) if (!all.get(t.id)?.reply) all.set(t.id, t);
      for (const id of kept.gone ?? []) all.delete(id);
      kept.turns = [...all.values()].sort((a, b) => a.at - b.at);
    }
    state = kept;
  }
  function write() {
    state.at = Date.now();
    state.turns = state.turns.slice(-TURNS_MAX);
    if (!writable) return;
    for (let tries = 0; tries < 4; tries += 1) {
      try {
        localStorage.setItem(key, JSON.stringify(state));
        return;
      } catch {
        state.turns = state.turns.slice(state.turns.length >> 1); /* full: the older half goes */
      }
    }
  }

  const onStorage = (event) => {
    if (event.key !== key && event.key !== null) return;
    const { name } = state;
    if (event.newValue === null) {
      state = begin(); /* somebody emptied the storage */
      writable = false;
    } else {
      merge();
    }
    onChange(name !== state.name);
  };
  window.addEventListener('storage', onStorage);
  merge();

  return {
    get turns() {
      return state.turns;
    },
    get session() {
      return typeof state.session === 'string' ? state.session : null;
    },
    get lang() {
      return state.lang === 'ja' || state.lang === 'en' ? state.lang : null;
    },
    get erasing() {
      return state.erasing === true;
    },
    get contact() {
      return state.contact;
    },
    keep(change) {
      merge();
      Object.assign(state, change);
      write();
    },
    /* The visitor asks: from here on there is something to remember. */
    add(turn) {
      merge();
      writable = true;
      state.turns.push(turn);
      write();
    },
    change(id, change) {
      const mine = state.turns.find((t) => t.id === id);
      if (mine) Object.assign(mine, change);
      merge();
      const turn = state.turns.find((t) => t.id === id);
      if (turn) Object.assign(turn, change);
      write();
    },
    remove(id) {
      merge();
      state.turns = state.turns.filter((t) => t.id !== id);
      state.gone = [...(state.gone ?? []), id].slice(-20);
      write();
    },
    /* The token stays until the daemon has forgotten what it stands for. */
    erase() {
      merge();
      const { session, lang, contact } = state;
      state = { ...begin(), session, lang, contact, erasing: session !== undefined };
      write();
    },
    get draft() {
      try {
        return sessionStorage.getItem(key) ?? '';
      } catch {
        return '';
      }
    },
    set draft(text) {
      try {
        if (text) sessionStorage.setItem(key, text);
        else sessionStorage.removeItem(key);
      } catch {
        /* then it lasts as long as the page */
      }
    },
    close: () => window.removeEventListener('storage', onStorage),
  };
}

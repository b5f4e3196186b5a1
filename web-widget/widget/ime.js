/*
 * ime.js - is this key the visitor's, or the input method's?
 *
 * With a Japanese input method, Enter first confirms the conversion and only the next Enter
 * means "send"; Escape first cancels it. Two orders of events exist:
 *
 *   Chromium, Firefox: keydown (isComposing, 229) → compositionend → keyup
 *   Safari:            compositionend → keydown (not composing any more, but 229) → keyup
 *
 * So both flags are needed, and keyup, which looks like a plain Enter in both, is never used.
 * Every handler of Enter or Escape in the widget asks this one function.
 */
export function isInputMethodKey(event) {
  return event.isComposing || event.keyCode === 229;
}

/* True for the Enter that sends: plain, not held down, not the input method's. */
export function isSendKey(event) {
  return (
    event.key === 'Enter' &&
    !event.shiftKey &&
    !event.ctrlKey &&
    !event.altKey &&
    !event.metaKey &&
    !event.repeat &&
    !isInputMethodKey(event)
  );
}

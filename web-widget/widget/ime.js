/*
 * ime.js - is this key the visitor's, or the input method's?
 *
 * With a Japanese input method, Enter first confirms the conversion and only the next Enter
 * means "send"; Escape first cancels it. Three orders of events exist:
 *
 *   Chromium, Firefox: keydown (isComposing, 229) → compositionend → keyup
 *   Safari:            compositionend → keydown (not composing any more, but 229) → keyup
 *   some of Android:   keydown (229, "Unidentified") → beforeinput (insertLineBreak) → keyup
 *
 * So both flags are needed, and keyup, which looks like a plain Enter in all, is never used. The
 * third is told from the second by its line break: confirming a conversion inserts none.
 * Every handler of Enter or Escape in the widget asks these functions.
 */
export function isInputMethodKey(event) {
  return event.isComposing || event.keyCode === 229;
}

const plainEnter = (event) =>
  event.key === 'Enter' &&
  !event.shiftKey &&
  !event.ctrlKey &&
  !event.altKey &&
  !event.metaKey &&
  !event.repeat;

/* True for the Enter that sends: plain, not held down, not the input method's. */
export function isSendKey(event) {
  return plainEnter(event) && !isInputMethodKey(event);
}

/* True for a line break that an on-screen keyboard made out of its "send" key; `key` is the
 * keydown before it. */
export function isSendInput(event, key) {
  return (
    (event.inputType === 'insertLineBreak' || event.inputType === 'insertParagraph') &&
    !event.isComposing &&
    key?.keyCode === 229 &&
    key.key !== 'Process' &&
    !key.shiftKey
  );
}

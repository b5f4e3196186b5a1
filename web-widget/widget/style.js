/*
 * style.js - the look of the panel, as a constructed style sheet.
 *
 * Sizes are in em of the browser's own font size, so a visitor's larger text enlarges all of
 * it. Colours are variables: once light, once dark, and system colours where the visitor chose
 * a palette (forced-colors), where backgrounds vanish and only borders tell things apart.
 */
const light = `
color-scheme:light;--bg:#fff;--fg:#1b2733;--soft:#50606f;--line:#c9d3dc;--field:#7b8a98;
--tint:#f3f6f9;--accent:var(--faq-accent,#0b5cab);--on-accent:#fff;--link:#0b57a4;
--own:#e2eefa;--own-fg:#10304f;--note:#fff7e2;--note-line:#d9a514;--good:#0f6b3c;
--good-bg:#e3f4ea;--bad:#a3231c;--shadow:0 .5em 2.5em #0b1f334d;`;
const dark = `
color-scheme:dark;--bg:#17202a;--fg:#edf2f7;--soft:#aebccb;--line:#3b4a5a;--field:#8294a6;
--tint:#202c38;--accent:var(--faq-accent,#0b5cab);--on-accent:#fff;--link:#8fc4ff;
--own:#1d4063;--own-fg:#eef6ff;--note:#322a14;--note-line:#d9a514;--good:#9be3b9;
--good-bg:#173a28;--bad:#ffb4ab;--shadow:0 .5em 2.5em #000a;`;

export const css = `
.panel{${light}
position:fixed;box-sizing:border-box;z-index:var(--faq-z,2147483000);display:flex;
flex-direction:column;right:var(--faq-offset-x,20px);
bottom:calc(var(--faq-offset-y,20px) + 4.25em + env(safe-area-inset-bottom));
width:min(var(--faq-width,26em),calc(100vw - 40px));
height:min(var(--faq-height,42em),calc(100vh - var(--faq-offset-y,20px) - 5.5em));
background:var(--bg);color:var(--fg);border:1px solid var(--line);
border-radius:var(--faq-panel-radius,1em);box-shadow:var(--shadow);overflow:hidden;
font:400 1em/1.75 var(--faq-font,"BIZ UDPGothic","Hiragino Sans","Noto Sans JP",
"Noto Sans CJK JP","Yu Gothic UI",Meiryo,system-ui,sans-serif);text-align:start;
word-break:auto-phrase;line-break:strict;overflow-wrap:anywhere;
-webkit-text-size-adjust:100%;text-size-adjust:100%}
:host([data-position=left]) .panel{right:auto;left:var(--faq-offset-x,20px)}
@media (prefers-color-scheme:dark){:host(:not([data-theme=light])) .panel{${dark}}}
:host([data-theme=dark]) .panel{${dark}}
.panel *{box-sizing:border-box}
.panel :is(p,h2,h3,h4,ul,ol,table){margin:0;padding:0;font-size:inherit;font-weight:inherit}
.panel :is(button,textarea){font:inherit;color:inherit;letter-spacing:inherit}
.panel button{cursor:pointer;-webkit-tap-highlight-color:transparent}
.panel :focus-visible{outline:3px solid var(--link);outline-offset:2px}
.sr{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
.nowrap{white-space:nowrap}
.panel strong{font-weight:700}
.panel a{color:var(--link);text-decoration:underline;text-underline-offset:.2em}

.head{display:flex;align-items:center;gap:.25em;flex:none;padding:.5em .5em .5em 1.125em;
background:var(--accent);color:var(--on-accent)}
.panel .head h2{flex:1;font-weight:700;line-height:1.4;outline-offset:4px}
.head button{flex:none;min-width:2.75em;min-height:2.75em;border:1px solid transparent;
border-radius:.5em;background:none;display:grid;place-items:center}
.panel .head .language{font-size:.875em;padding:0 .75em;border-color:currentColor;min-height:2.5em}
.head button:hover{background:#ffffff26}
.panel .head :focus-visible{outline-color:#fff;outline-offset:-1px}
.panel svg{width:1.5em;height:1.5em;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round}

.log{flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;padding:1.125em;
position:relative;scrollbar-width:thin}
.panel .log:focus-visible{outline-offset:-3px}
.panel .hello{white-space:pre-line}
.panel .privacy{margin-top:1em;padding-top:.75em;border-top:1px solid var(--line);
font-size:.875em;color:var(--soft);line-height:1.6}
.panel .menu{margin-top:1em}
.panel .menu-label{font-weight:700}
details{border:1px solid var(--line);border-radius:.5em;margin-top:.5em;background:var(--bg)}
summary{padding:.5em .875em;min-height:2.75em;cursor:pointer;border-radius:.5em}
summary:hover{background:var(--tint)}
details .choices{padding:0 .75em .75em}

.entry{margin-top:1.25em}
.you{display:flex;flex-direction:column;align-items:flex-end}
.panel .bubble{max-width:88%;padding:.5em 1em;border:1px solid transparent;white-space:pre-wrap;
border-radius:1em 1em .25em 1em;background:var(--own);color:var(--own-fg)}
.pending{font-size:.8125em;color:var(--soft)}
.panel .bot{padding:.875em 1em;border:1px solid var(--line);border-radius:.25em 1em 1em 1em;
background:var(--tint)}
.bot>*+*,.note>*+*,li>*+*{margin-top:.625em!important}
.bot>.sr+*{margin-top:0!important}
.panel .topic{font-weight:700;line-height:1.5;color:var(--fg);padding-bottom:.375em;
border-bottom:2px solid var(--link)}
.panel h4{font-weight:700}
.bot :is(ul,ol):not(.choices){padding-left:1.5em}
.bot :is(ul,ol):not(.choices) li+li{margin-top:.25em}
.panel .note{padding:.625em .875em;border-left:4px solid var(--note-line);background:var(--note);
border-radius:0 .5em .5em 0}
.table{overflow-x:auto;border:1px solid var(--line);border-radius:.5em;background:var(--bg);
overscroll-behavior-x:contain;scrollbar-width:thin}
.panel table{border-collapse:collapse;width:100%;font-size:.9375em;line-height:1.5}
.panel :is(th,td){padding:.5em .75em;border-bottom:1px solid var(--line);text-align:start;
vertical-align:top}
.panel :is(th,td):first-child{min-width:7.5em}
.panel :is(th,td)+:is(th,td){border-left:1px solid var(--line)}
.panel tbody tr:last-child td{border-bottom:0}
.panel th{font-weight:700;background:var(--tint)}

.panel .choices{list-style:none;display:flex;flex-direction:column;gap:.5em}
.choices li{display:block}
.choice{width:100%;min-height:2.75em;padding:.5em .875em;text-align:start;line-height:1.5;
border:1px solid var(--link);border-radius:.625em;background:var(--bg);color:var(--link)!important}
.choice:hover,.rate:hover,.more:hover{background:var(--own);color:var(--own-fg)!important}
.choice.none{border-color:var(--field);border-style:dashed;color:var(--fg)!important}
.choice[data-chosen]{background:var(--own);color:var(--own-fg)!important;border-style:solid;
font-weight:700;cursor:default}

.contact{border:1px solid var(--line);border-radius:.625em;background:var(--bg);
padding:.75em .875em}
.place+.place,.contact h4+.place{margin-top:.625em}
.place+.place{padding-top:.625em;border-top:1px solid var(--line)}
.panel .place-name{font-weight:700}
.panel .tel{display:inline-flex;align-items:center;min-height:2.25em;font-weight:700;
font-size:1.125em;white-space:nowrap}
.panel .hours{font-size:.9375em}
.panel .state{display:inline-block;margin-top:.25em;padding:0 .75em;border-radius:1em;
font-size:.875em;border:1px solid var(--field);color:var(--fg)}
.panel .state.open{border-color:var(--good);background:var(--good-bg);color:var(--good);
font-weight:700}

.panel .rating{padding-top:.625em;border-top:1px solid var(--line)}
.rate-row{display:flex;flex-wrap:wrap;align-items:center;gap:.5em}
.panel .rate-label{flex:1 0 100%;font-size:.875em;color:var(--soft)}
.panel .rate{min-height:2.75em;padding:.25em .875em;border:1px solid var(--field);
border-radius:1.5em;background:var(--bg);font-size:.875em}
.rate[aria-pressed=true]{background:var(--own);color:var(--own-fg);border-color:var(--link);
font-weight:700}
.rated>*+*,.rated:not(:empty){margin-top:.625em}
.panel .error{color:var(--bad)}

.typing{display:flex;gap:.375em;margin-top:1.25em;padding:.875em 1em;width:max-content;
border:1px solid var(--line);border-radius:.25em 1em 1em 1em;background:var(--tint)}
.typing i{width:.5em;height:.5em;border-radius:50%;background:var(--soft)}
.more{flex:none;align-self:center;min-height:2.75em;margin:.25em 0;padding:.25em 1.25em;
border:1px solid var(--link);border-radius:1.5em;background:var(--bg);color:var(--link)!important}
.panel .status{flex:none;padding:.5em 1.125em;border-top:1px solid var(--line);
background:var(--note);font-size:.875em;line-height:1.6}
.composer{flex:none;padding:.625em .75em;border-top:1px solid var(--line);background:var(--bg)}
.line{display:flex;align-items:flex-end;gap:.5em}
.panel textarea{flex:1;min-width:0;min-height:2.875em;max-height:9em;resize:none;margin:0;
padding:.5em .75em;border:1px solid var(--field);border-radius:.75em;background:var(--bg);
color:var(--fg);font-size:max(1em,16px);line-height:1.6;overscroll-behavior:contain}
.panel textarea::placeholder{color:var(--soft);opacity:1}
.panel textarea:focus-visible{outline-offset:0}
.panel .send{flex:none;display:flex;align-items:center;gap:.25em;min-height:2.875em;
padding:0 .875em;border:1px solid transparent;border-radius:.75em;background:var(--accent);
color:var(--on-accent);font-weight:700}
.send:hover{filter:brightness(1.12)}
.send svg{width:1.25em;height:1.25em}
.panel .room{font-size:.875em;color:var(--soft);padding:0 .25em .25em}
.panel .room:empty{display:none}
.panel .room.over{color:var(--bad);font-weight:700}

@media (max-width:30em),(max-height:26em){
:host([data-open]) .launcher{display:none}
:host .panel{inset:auto 0 auto 0!important;top:var(--view-top,0)!important;width:auto;
height:var(--view-height,100dvh);border:0;border-radius:0}
.log{padding:1em .875em}
.composer{padding-bottom:calc(.625em + env(safe-area-inset-bottom))}
}
@media (prefers-reduced-motion:no-preference){
.typing i{animation:breathe 1.2s infinite ease-in-out}
.typing i:nth-child(2){animation-delay:.15s}
.typing i:nth-child(3){animation-delay:.3s}
@keyframes breathe{0%,60%,100%{opacity:.3}30%{opacity:1}}
}
@media (forced-colors:active){
.panel .bubble,.send,.head button{border-color:currentColor}
.head{border-bottom:2px solid}
.choice[data-chosen],.rate[aria-pressed=true]{border:3px solid Highlight}
.typing i{background:CanvasText}
}
@media print{.panel{display:none}}
`;

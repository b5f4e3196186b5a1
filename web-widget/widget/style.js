/*
 * style.js - the look of the panel, as a constructed style sheet.
 *
 * Sizes are in em of the browser's own font size, so a visitor's larger text enlarges all of
 * it. Colours are variables: once light, once dark, once derived from what the page chose
 * (data-own), and system colours where the visitor chose a palette (forced-colors), where
 * backgrounds vanish and only borders tell things apart.
 */
const light = `
color-scheme:light;--bg:var(--faq-bg,#fff);--fg:var(--faq-fg,#1b2733);--soft:#4f5f6e;--line:#d5dde4;
--field:#76858f;--tint:#f4f7f9;--link:#0b57a4;--own:#e3eefa;--own-fg:#10304f;--note:#fff7e0;
--note-line:#c98f00;--good:#0f6b3c;--good-bg:#e3f4ea;--bad:#a3231c;--shadow:#0b1f334d;`;
const dark = `
color-scheme:dark;--bg:var(--faq-bg,#151e27);--fg:var(--faq-fg,#e9eff5);--soft:#aebccb;
--line:#35434f;--field:#8294a6;--tint:#1e2a35;--link:#8fc4ff;--own:#1d4063;--own-fg:#eef6ff;
--note:#322a14;--note-line:#d9a514;--good:#9be3b9;--good-bg:#173a28;--bad:#ffb4ab;--shadow:#000a;`;

export const css = `
.panel{${light}
--accent:var(--faq-accent,#0b5cab);--on-accent:var(--ink,var(--faq-on-accent,#fff));
--round:var(--faq-panel-radius,1em);
position:fixed;box-sizing:border-box;z-index:var(--faq-z,2147483000);display:flex;
flex-direction:column;right:var(--faq-offset-x,20px);
bottom:calc(var(--faq-offset-y,20px) + 4.25em + env(safe-area-inset-bottom));
width:min(var(--faq-width,28em),calc(100vw - 40px));
height:min(var(--faq-height,44em),calc(100vh - var(--faq-offset-y,20px) - 5.5em));
background:var(--bg);color:var(--fg);border:1px solid var(--line);border-radius:var(--round);
box-shadow:0 .125em .5em var(--shadow),0 .75em 3em var(--shadow);overflow:hidden;
font:400 1em/1.75 var(--ui);font-size:var(--faq-font-size,1em);text-align:start;
word-break:normal;word-break:auto-phrase;line-break:strict;overflow-wrap:anywhere;
text-spacing-trim:trim-start}
:host([data-position=left]) .panel{right:auto;left:var(--faq-offset-x,20px)}
@media (prefers-color-scheme:dark){:host(:not([data-theme=light])) .panel{${dark}}}
:host([data-theme=dark]) .panel{${dark}}
:host .panel[data-own]{--soft:color-mix(in srgb,var(--fg) 80%,var(--bg));
--line:color-mix(in srgb,var(--fg) 22%,var(--bg));--field:color-mix(in srgb,var(--fg) 60%,var(--bg));
--tint:color-mix(in srgb,var(--fg) 5%,var(--bg));--own:color-mix(in srgb,var(--fg) 11%,var(--bg));
--note:var(--tint);--good-bg:var(--tint);--own-fg:var(--fg);--link:var(--fg);--good:var(--fg);
--bad:var(--fg)}
:where(.panel *){box-sizing:border-box}
:where(p,h2,h3,h4,ul,ol,table){margin:0;padding:0;font-size:inherit;font-weight:inherit}
:where(.panel button,textarea){font:inherit;color:inherit}
:where(.panel button){cursor:pointer}
[aria-disabled=true]{cursor:default}
:is(.choice,.unfold,.more,.rate){min-height:2.75em;padding:.5em .875em;line-height:1.5;
border:1px solid var(--link);border-radius:.625em;background:var(--bg);color:var(--link)}
:where(.panel) :focus-visible{outline:3px solid var(--link);outline-offset:2px}
.sr{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
.nowrap{white-space:nowrap}
strong{font-weight:700}
a{color:var(--link);text-decoration:underline;
text-underline-offset:.2em}

.head{display:flex;align-items:center;gap:.25em;flex:none;padding:.5em .5em .5em 1.125em;
background:var(--accent);color:var(--on-accent)}
.head h2{flex:1;font-weight:700;font-size:.9375em;line-height:1.35;outline-offset:4px;text-wrap:balance}
.head button{flex:none;min-width:2.75em;min-height:2.75em;border:1px solid transparent;
border-radius:.5em;background:none;display:flex;align-items:center;justify-content:center;gap:.375em;
padding:0 .5em}
.head .options{font-size:.875em;min-height:3.15em}
.language{float:inline-end;margin:-.5em 0 0 1em;min-height:3.15em;min-width:3.15em;padding:0 .5em;
border:0;background:none;color:var(--link);font-size:.875em;text-decoration:underline}
.head button:hover,.head button[aria-expanded=true]{background:#ffffff2b}
.head :focus-visible{outline-color:currentColor;outline-offset:-2px}
svg{width:1.5em;height:1.5em;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round}

.view{flex:1;min-height:0;position:relative;display:flex}
.log,.sheet{overflow-y:auto;overscroll-behavior:contain;padding:1.25em}
.log{flex:1;position:relative}
.log.covered{visibility:hidden}
.sheet{position:absolute;inset:0;background:var(--bg)}
.sheet h3{font-weight:700;font-size:1.125em;outline-offset:4px}
.sheet .contact,.deeds,.tongue{margin-top:1.5em}
.deeds{display:flex;flex-direction:column;gap:.5em}
.sure{display:flex;flex-direction:column;gap:.5em;padding:1em;border:2px solid var(--bad);
border-radius:.625em}
.log:focus-visible{outline-offset:-3px}
.hello{white-space:pre-line}
.privacy{margin-top:.75em;padding:.625em .875em;border-radius:.5em;background:var(--tint);
font-size:.875em;color:var(--soft);line-height:1.65}
.menu{margin-top:1.25em}
.menu-label{font-weight:700}
details{border:1px solid var(--line);border-radius:.625em;margin-top:.5em;background:var(--bg)}
summary{display:flex;align-items:center;gap:.75em;padding:.5em .875em;min-height:3em;cursor:pointer;
border-radius:.625em;list-style:none;line-height:1.4}
summary::-webkit-details-marker{display:none}
summary::after{content:"";flex:none;margin-inline-start:auto;width:.5em;height:.5em;
border:solid var(--link);border-width:0 2px 2px 0;transform:rotate(45deg) translate(-.125em,-.125em)}
details[open] summary::after{transform:rotate(225deg)}
summary:hover{background:var(--tint)}
details .choices{padding:0 .375em .375em}
details .choices li+li{margin:0}
details .choice{border:0;border-top:1px solid var(--line);border-radius:0;background:none}

.entry{margin-top:1.75em}
.entry.bot{margin-top:1em}
.you{display:flex;flex-direction:column;align-items:flex-end}
.bubble{max-width:88%;padding:.5em 1em;border:1px solid transparent;white-space:pre-wrap;
border-radius:1.125em 1.125em .25em 1.125em;background:var(--own);color:var(--own-fg)}
.pending{display:flex;flex-wrap:wrap;align-items:center;gap:0 .75em;font-size:.875em;
color:var(--soft)}
.cancel{min-height:3.15em;padding:0 .5em;border:0;background:none;color:var(--link);
text-decoration:underline;text-underline-offset:.2em}
:is(.bot,.note,li,.rest)>*+*{margin-top:.75em!important}
.bot>.sr+*{margin-top:0!important}
.topic{font-weight:700;font-size:1.125em;line-height:1.5;padding-bottom:.25em;
border-bottom:2px solid var(--accent);text-wrap:balance}
.bot h4{font-weight:700;padding-top:.5em}
:is(ul,ol){padding-left:1.375em}
li+li{margin-top:.375em}
.note{padding:.625em .875em;border-left:4px solid var(--note-line);background:var(--note);
border-radius:0 .5em .5em 0}
.table{overflow-x:auto;overflow-wrap:break-word;border:1px solid var(--line);border-radius:.5em;background:var(--bg);
}
table{border-collapse:collapse;width:100%;font-size:.9375em;line-height:1.5}
:is(th,td){padding:.5em .75em;border-bottom:1px solid var(--line);text-align:start;
vertical-align:top;font-weight:inherit}
:is(th,td):first-child{min-width:7em}
tbody tr:last-child>*{border-bottom:0}
thead th{font-weight:700;background:var(--tint);vertical-align:bottom}
.figures{text-align:end;font-variant-numeric:tabular-nums}
td.figures{white-space:nowrap}
.unfold{width:100%;text-align:center}
.rest:focus{outline:0}

.choices{list-style:none;padding:0}
.choices li+li{margin-top:.5em}
.choice{width:100%;text-align:start}
.none{border:1px dashed var(--field);color:var(--fg)}
:is(.choice,.rate,.more,.unfold):hover,[data-chosen],[aria-pressed=true]{background:var(--own);
color:var(--own-fg)}
:is([data-chosen],[aria-pressed=true]){border:1px solid var(--link);font-weight:700}

.contact{border:1px solid var(--line);border-radius:.625em;background:var(--tint);
padding:.875em 1em}
.contact h4,.deeds h4{font-weight:700;padding:0}
.place+.place,h4+.place{margin-top:.75em}
.place+.place{padding-top:.75em;border-top:1px solid var(--line)}
.place-name{line-height:1.6}
.tel{display:inline-flex;align-items:center;min-height:2.75em;font-weight:700;
white-space:nowrap}
.contact .tel{font-size:1.125em;min-height:2.5em}
.hours{font-size:.9375em;color:var(--soft)}
.state{display:inline-block;margin-top:.375em;padding:0 .75em;border-radius:1em;
font-size:.875em;border:1px solid var(--field);color:var(--fg)}
.state.open{border-color:var(--good);background:var(--good-bg);color:var(--good);
font-weight:700}

.rate-row{display:flex;flex-wrap:wrap;align-items:center;gap:.5em}
.rate-label{flex:1 0 100%;font-size:.875em;color:var(--soft)}
.rate{min-height:3.15em;padding:.25em 1.125em;border-radius:1.6em;font-size:.875em}
.rated>*+*,.rated:not(:empty){margin-top:.625em}
.error{color:var(--bad)}

.typing{display:flex;gap:.375em;margin-top:1.25em;padding:.875em 1em;width:max-content;
border-radius:1.125em;background:var(--tint)}
.typing i{width:.5em;height:.5em;border-radius:50%;background:var(--soft)}
.more{flex:none;align-self:center;margin:.25em 0;border-radius:1.5em}
.status{flex:none;padding:.5em 1.25em;border-top:1px solid var(--line);max-height:40%;
overflow-y:auto;background:var(--note);font-size:.9375em;line-height:1.6}
.call{display:block}
.composer{flex:none;position:relative;padding:.625em .75em;border-top:1px solid var(--line);
background:var(--bg)}
.line{display:flex;align-items:flex-end;gap:.5em}
textarea{flex:1;min-width:0;min-height:2.875em;max-height:9em;resize:none;margin:0;
padding:.5em .75em;border:1px solid var(--field);border-radius:.75em;background:var(--bg);
color:var(--fg);font-size:max(1em,16px);line-height:1.6;overscroll-behavior:contain}
textarea::placeholder{color:var(--soft);opacity:1}
textarea:focus-visible{outline-offset:0}
.send{flex:none;display:flex;align-items:center;gap:.25em;min-height:2.875em;
padding:0 .875em;border:1px solid transparent;border-radius:.75em;background:var(--accent);
color:var(--on-accent);font-weight:700}
.send svg{width:1.25em;height:1.25em}
.room{font-size:.875em;color:var(--soft);padding:0 .25em .25em}
.room:empty{display:none}
.room.over{color:var(--bad);font-weight:700}
.suggest{position:absolute;bottom:100%;left:.75em;right:.75em;margin-bottom:.25em;
padding:0;list-style:none;max-height:min(16em,40vh);overflow-y:auto;border:1px solid var(--field);
border-radius:.75em;background:var(--bg);box-shadow:0 .25em 1.25em var(--shadow)}
.suggest li{min-height:2.75em;padding:.5em .875em;line-height:1.75;cursor:pointer}
.suggest li+li{margin:0;border-top:1px solid var(--line)}
.suggest li:is(:hover,[aria-selected=true]){background:var(--own);color:var(--own-fg)}
.suggest [aria-selected=true]{box-shadow:inset 4px 0 var(--link)}

@media (max-width:30em),(max-height:26em){
:host([data-open]) .launcher{display:none}
:host .panel{inset:auto 0 auto 0!important;top:var(--view-top,0)!important;width:auto;
height:var(--view-height,100dvh);border:0;border-radius:0}
.log,.sheet{padding:1em}
.composer{padding-bottom:calc(.625em + env(safe-area-inset-bottom))}
}
@media (prefers-reduced-motion:no-preference){
.typing i{animation:breathe 1.2s infinite ease-in-out}
.typing i:nth-child(2){animation-delay:.15s}
.typing i:nth-child(3){animation-delay:.3s}
@keyframes breathe{0%,60%,100%{opacity:.3}30%{opacity:1}}
}
@media (forced-colors:active){
.bubble,.send,.head button,.typing{border:1px solid currentColor}
.head{border-bottom:2px solid}
[data-chosen],[aria-pressed=true],.suggest [aria-selected=true]{border:3px solid Highlight}
.typing i{background:CanvasText}
}
`;

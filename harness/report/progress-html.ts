import type { GroupReport, KataReport, ProgressReport } from '../progress/progress-report.ts';
import { damagePicture } from './damage-picture.ts';
import { count } from './figures.ts';
import { SIGNS, WORDS } from './map-lines.ts';
import { escaped } from './markup.ts';
import { MEASURES_STYLE, measuresHtml } from './measures-html.ts';
import { clockText, coverageText, nameOf, summaryOf, workText } from './progress-lines.ts';
import { timelinePicture } from './timeline-picture.ts';

/** The report as one HTML file that needs no other: the map, the damage before and after, the timeline. */
export function progressHtml(report: ProgressReport): string {
  const { learner, generatedAt, groups, timeline, next } = report;
  const begun = groups.filter(({ katas }) => katas.some(({ runs }) => runs > 0));
  const title = `Progress of ${nameOf(learner)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}${MEASURES_STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="faint">${minute(generatedAt)} UTC · cohort ${escaped(learner.cohort)}</p>
${summaryOf(report).map(p).join('\n')}
<p><strong>Next.</strong> ${escaped(next.why)}</p>
<h2>The map</h2>
<div class="map">
${groups.map(mapGroup).join('\n')}
</div>
<p class="faint">${Object.entries(SIGNS)
    .map(([state, sign]) => `${sign} ${WORDS[state as KataReport['state']]}`)
    .join(' · ')}</p>
${begun.map(groupSection).join('\n')}
<h2>How it went</h2>
${timelinePicture(timeline)}
<ol class="moments">
${timeline.map(({ at, says, tone }) => `<li class="${tone}"><time datetime="${escaped(at)}">${minute(at)}</time> ${escaped(says)}</li>`).join('\n')}
</ol>
<h2>The history</h2>
${historyText(report)}
</main>
</body>
</html>`;
}

const minute = (at: string): string => escaped(at.slice(0, 16).replace('T', ' '));
const p = (text: string): string => `<p>${escaped(text)}</p>`;

function mapGroup({ number, name, here, size, state, says, katas }: GroupReport): string {
  const tiles = here
    ? katas.map(({ id, title, state: of, says: more }) => {
        const what = escaped(`${id} ${title}: ${more || WORDS[of]}`);
        return `<li class="${of}" title="${what}"><span aria-hidden="true">${SIGNS[of]}</span> ${escaped(id)}<span class="unseen"> ${what}</span></li>`;
      })
    : [`<li class="absent">${count(size, 'kata')}, not in this copy yet</li>`];
  const word = state === 'resolved' ? 'resolved' : says && here ? escaped(says) : '';
  return `<section class="${state}"><h3>${number}. ${escaped(name)}</h3><ul>${tiles.join('')}</ul>${word && `<p>${word}</p>`}</section>`;
}

function groupSection(group: GroupReport): string {
  const { number, name, katas, measures } = group;
  const picture = damagePicture(group);
  return `<h2>Group ${number} · ${escaped(name)}</h2>
${picture && `<h3>Damage before and after, on the same replay</h3>\n${picture}`}
${measures ? measuresHtml(measures, number) : ''}
<div class="wide"><table>
<thead><tr><th>Kata</th><th>State</th><th>Points</th><th>Lines / branches run</th><th>Attempts</th><th>Work</th><th>Hints</th><th>Solution</th><th>Notes</th></tr></thead>
<tbody>
${katas.map(kataRow).join('\n')}
</tbody></table></div>`;
}

function kataRow(kata: KataReport): string {
  const { id, title, pattern, state, says, score, points, coverage } = kata;
  const { attempts, workedMs, hints, solution, notes, orderDeviation } = kata;
  const early = orderDeviation ? `<br><small>begun before ${escaped(orderDeviation.instead)}</small>` : '';
  const cells = [
    `<th scope="row">${escaped(`${id} ${title}`)}<br><small>${escaped(pattern)}</small>${early}</th>`,
    `<td class="${state}">${SIGNS[state]} ${escaped(says || (state === 'open' ? 'not begun' : state))}</td>`,
    `<td>${score}/${points}</td>`,
    `<td>${coverage ? coverageText(coverage) : ''}</td>`,
    `<td>${attempts}</td>`,
    `<td>${attempts > 0 ? workText(workedMs).replace(' of work', '') : ''}</td>`,
    `<td>${hints.taken > 0 ? `${hints.taken}, up to ${hints.level}` : ''}</td>`,
    `<td>${solution === 'not seen' ? '' : solution}</td>`,
    `<td>${notes ? count(notes.words, 'word') : ''}</td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}

function historyText({ history }: ProgressReport): string {
  const { events, breach, receipt, clockSetBack } = history;
  return [
    breach
      ? `<p class="bad"><strong>Not what was kept:</strong> ${escaped(breach.says)} (${escaped(breach.kind)}).</p>`
      : p(`${count(events, 'event')}, the chain is intact.`),
    ...(clockSetBack.times > 0 ? [p(clockText(clockSetBack))] : []),
    ...(receipt ? [`<p>Receipt, to be kept elsewhere:<br><code>${escaped(receipt)}</code></p>`] : []),
  ].join('\n');
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--paper:#fff;--faint:#5b6570;--line:#d5dae0;--good:#17713b;--bad:#b3261e;--warn:#8a5a00;--was:#9aa4af}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7ea;--paper:#15181b;--faint:#9aa4af;--line:#343a41;--good:#5cc98a;--bad:#ff8a80;--warn:#e6b450;--was:#66707b}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:.5rem 0}
p{margin:.4rem 0}small,.faint{color:var(--faint);fill:var(--faint)}code{word-break:break-all}
.map{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.75rem}
.map section{border:1px solid var(--line);border-radius:6px;padding:.5rem .75rem}
.map section.absent{color:var(--faint)}.map section.resolved{border-color:var(--good)}
.map h3{margin:0 0 .25rem;font-size:.9rem}.map p{margin:.25rem 0 0;font-size:.85rem}
.map ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem;margin:0;padding:0;font-size:.85rem}
.map li{border:1px solid var(--line);border-radius:4px;padding:0 .35rem}.map li.absent{border:0;padding:0}
.green,.good{color:var(--good)}.red,.bad{color:var(--bad)}.stale,.edited,.help{color:var(--warn)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{border:0;color:var(--faint)}
svg{width:100%;height:auto;font:13px system-ui,sans-serif}svg text{fill:currentColor}svg .faint{fill:var(--faint)}
svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}svg .help{fill:var(--warn)}svg .before{fill:var(--was)}
svg .limit{stroke:currentColor;stroke-width:2;stroke-dasharray:4 2}svg .row,svg .day{stroke:var(--line)}
.moments{padding-left:0;list-style:none;font-size:.9rem}time{color:var(--faint);font-variant-numeric:tabular-nums;margin-right:.5rem}
@media print{main{max-width:none;padding:0}}
`;

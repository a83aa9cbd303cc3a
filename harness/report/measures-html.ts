import type { MeasuresBeside } from '../kit/measures.ts';
import { escaped } from './markup.ts';
import { HURT, mainMetric, shareOf, shareText, stepsThatHurt } from './measures.ts';
import { metricPicture } from './measures-picture.ts';

/** How good retrieval is, step by step: a plot for each metric, what did not help, and all figures. */
export function measuresHtml(measures: MeasuresBeside, group: number): string {
  const { now } = measures;
  const hurt = stepsThatHurt(now);
  return `<h3>${escaped(now.title)}</h3>
<div class="wide">
${now.metrics.map(({ name }, n) => metricPicture(measures, name, `measure-${group}-${n}`)).join('\n')}
</div>
${hurt.length > 0 ? `<p>${HURT} (${escaped(mainMetric(now))}):</p>\n<ul>${hurt.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>` : ''}
${tableOf(measures)}`;
}

function tableOf({ recorded, now }: MeasuresBeside): string {
  const { steps, classes, metrics } = now;
  const cell = (metric: string, step: string, name: string) => {
    const [was, is] = [recorded, now].map((measures) => shareText(shareOf(measures, metric, step, name)));
    return `<td>${is}${was === '–' || was === is ? '' : `<br><small>was ${was}</small>`}</td>`;
  };
  const bodyOf = (metric: string) =>
    [
      `<tbody><tr><th scope="rowgroup" colspan="${classes.length + 1}"><strong>${escaped(metric)}</strong></th></tr>`,
      ...steps.map(
        (step) =>
          `<tr><th scope="row">${escaped(step)}</th>${classes.map(({ name }) => cell(metric, step, name)).join('')}</tr>`,
      ),
      '</tbody>',
    ].join('\n');
  const heads = classes.map(({ name, questions }) => `<th>${escaped(name)}<br><small>${questions} asked</small></th>`);
  return `<div class="wide"><table class="shares">
<thead><tr><th>Step</th>${heads.join('')}</tr></thead>
${metrics.map(({ name }) => bodyOf(name)).join('\n')}
</table></div>`;
}

/** Colours are picked for light and dark paper; dashes and labels say the same. */
export const MEASURES_STYLE = `
:root{--k0:#0060a8;--k1:#b34700;--k2:#00734f;--k3:#93357e;--k4:#755a00;--k5:#47525d;--k6:#b3261e;--k7:#3b4cc0}
@media (prefers-color-scheme:dark){:root{--k0:#63b3f0;--k1:#ff9e5c;--k2:#4fd0a5;--k3:#e49ad2;--k4:#e0c04a;--k5:#b4bec8;--k6:#ff8a80;--k7:#a5b1ff}}
svg.plot{display:block;min-width:45rem;margin:.75rem 0}.plot path{fill:none;stroke-width:2}.plot path.was{stroke-width:1.5;opacity:.35}
.plot path.lead{stroke-width:1}.plot .step{font-size:12px}.shares td{font-variant-numeric:tabular-nums}
${Array.from({ length: 8 }, (_, n) => `.plot path.k${n}{stroke:var(--k${n})}.plot circle.k${n}{fill:var(--k${n})}`).join('')}
`;

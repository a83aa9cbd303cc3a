import type { MeasuresBeside } from '../kit/measures.ts';
import type { GroupReport, KataReport, ProgressReport } from '../progress/progress-report.ts';
import { limitOf } from './damage.ts';
import { quantity } from './figures.ts';
import { SIGNS } from './map-lines.ts';
import { changeOf, changeText, HURT, mainMetric, shareOf, shareText, stepsThatHurt } from './measures.ts';
import { clockText, coverageText, nameOf, summaryOf } from './progress-lines.ts';

/** The report as Markdown. */
export function progressMarkdown(report: ProgressReport): string {
  const { groups, history, timeline } = report;
  const begun = groups.filter(({ katas }) => katas.some(({ runs }) => runs > 0));
  return [
    `# Progress of ${cell(nameOf(report.learner))}`,
    '',
    `${report.generatedAt.slice(0, 16).replace('T', ' ')} UTC, cohort ${cell(report.learner.cohort)}`,
    '',
    ...summaryOf(report),
    '',
    `**Next.** ${report.next.why}`,
    ...begun.flatMap(groupText),
    '',
    '## How it went',
    '',
    ...timeline.map(({ at, says }) => `- ${at.slice(0, 16).replace('T', ' ')} ${cell(says)}`),
    '',
    '## The history',
    '',
    history.breach
      ? `**Not what was kept: ${history.breach.says} (${history.breach.kind}).**`
      : `${history.events} events, the chain is intact.`,
    ...(history.clockSetBack.times > 0 ? [clockText(history.clockSetBack)] : []),
    ...(history.receipt ? ['', `Receipt, to be kept elsewhere: \`${history.receipt}\``] : []),
  ].join('\n');
}

function groupText(group: GroupReport): string[] {
  const { number, name, state, says, katas, damage, measures } = group;
  const rows = (damage.last?.objectives ?? []).map((objective) => {
    const was = damage.recorded?.objectives.find((one) => one.name === objective.name);
    const before = was ? quantity(was.value, was.unit) : '–';
    const now = quantity(objective.value, objective.unit);
    const limit = limitOf({ ...objective, evidence: [] });
    return `| ${cell(objective.name)} | ${before} | ${now} | ${limit} | ${objective.met ? 'met' : 'not met'} |`;
  });
  return [
    '',
    `## Group ${number} · ${cell(name)}${state === 'resolved' ? ', resolved' : ''}${says && ` (${says})`}`,
    '',
    '| | kata | pattern | state | points | lines / branches run | attempts | hints | solution |',
    '|---|---|---|---|---|---|---|---|---|',
    ...katas.map(kataRow),
    ...(rows.length > 0 ? ['', '| damage | recorded | now | limit | |', '|---|---|---|---|---|', ...rows] : []),
    ...(measures ? measuresText(measures) : []),
  ];
}

/** A table for each metric; in brackets the change against the recording. */
function measuresText({ recorded, now }: MeasuresBeside): string[] {
  const { title, steps, classes, metrics } = now;
  const share = (metric: string, step: string, name: string) => {
    const value = shareOf(now, metric, step, name);
    const change = changeText(changeOf(shareOf(recorded, metric, step, name), value) ?? 0);
    return `${shareText(value)}${change && ` (${change})`}`;
  };
  const hurt = stepsThatHurt(now);
  return [
    '',
    `### ${cell(title)}`,
    ...metrics.flatMap(({ name: metric }) => [
      '',
      `| ${cell(metric)} | ${classes.map(({ name, questions }) => `${cell(name)} (${questions})`).join(' | ')} |`,
      `|---|${'---|'.repeat(classes.length)}`,
      ...steps.map((step) => `| ${cell(step)} | ${classes.map(({ name }) => share(metric, step, name)).join(' | ')} |`),
    ]),
    ...(hurt.length > 0 ? ['', `${HURT} (${mainMetric(now)}):`, ''] : []),
    ...hurt.map((one) => `- ${cell(one)}`),
  ];
}

function kataRow(kata: KataReport): string {
  const { id, title, pattern, state, says, score, points, coverage, attempts, hints, solution } = kata;
  const ran = coverage ? coverageText(coverage) : '–';
  const word = state === 'open' ? 'not begun' : says || state;
  return `| ${SIGNS[state]} ${id} | ${cell(title)} | ${cell(pattern)} | ${word} | ${score}/${points} | ${ran} | ${attempts} | ${hints.taken} | ${solution} |`;
}

const cell = (text: string): string => text.replaceAll(/[\\|`*_<>[\]]/g, '\\$&').replaceAll(/\s+/g, ' ');

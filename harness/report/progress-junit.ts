import type { KataReport, ProgressReport } from '../progress/progress-report.ts';
import { escaped } from './markup.ts';

/** The report as JUnit XML: a suite for each kata, a case for each behaviour. What wasn't run on this suite is skipped. */
export function progressJunit({ groups, generatedAt }: ProgressReport): string {
  const katas = groups.flatMap((group) => group.katas);
  const [tests, failures, skipped] = [allOf, failedOf, skippedOf].map((of) =>
    katas.reduce((sum, kata) => sum + of(kata), 0),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="incident-katas" tests="${tests}" failures="${failures}" skipped="${skipped}" timestamp="${generatedAt}">`,
    ...katas.flatMap(suite),
    '</testsuites>',
  ].join('\n');
}

const allOf = ({ behaviours }: KataReport) => behaviours.length;
const failedOf = ({ behaviours }: KataReport) => behaviours.filter(({ passed }) => passed === false).length;
const skippedOf = ({ behaviours }: KataReport) => behaviours.filter(({ passed }) => passed === null).length;

function suite(kata: KataReport): string[] {
  const { id, title, path, state, says, behaviours, coverage } = kata;
  const why = escaped(says || (state === 'open' ? 'not begun' : state));
  const name = escaped(`${id} ${title}`);
  return [
    `  <testsuite name="${name}" file="${escaped(path)}/kata.test.ts" tests="${allOf(kata)}" failures="${failedOf(kata)}" skipped="${skippedOf(kata)}">`,
    ...(coverage
      ? [
          '    <properties>',
          `      <property name="coverage.lines" value="${coverage.lines}"/>`,
          `      <property name="coverage.branches" value="${coverage.branches}"/>`,
          '    </properties>',
        ]
      : []),
    ...behaviours.map(({ id: behaviour, passed, points }) => {
      const open = `    <testcase classname="${escaped(id)}" name="${escaped(behaviour)}"`;
      if (passed === null) return `${open}><skipped message="${why}"/></testcase>`;
      if (passed) return `${open}/>`;
      return `${open}><failure message="${points} points: pnpm kata ${escaped(id)} says which rule broke"/></testcase>`;
    }),
    '  </testsuite>',
  ];
}

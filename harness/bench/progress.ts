import { genesis, verifyChain } from '../progress/chain.ts';
import type { Course } from '../progress/course.ts';
import { type ChainedEvent, learnerStream } from '../progress/learning-events.ts';
import { progressReport } from '../progress/progress-report.ts';
import { advance, fromZero, standingProjection } from '../progress/projection.ts';
import { timelineOf } from '../progress/timeline.ts';
import { progressHtml } from '../report/progress-html.ts';
import { benchCourse, learnerLines } from './learners.ts';

const PER_LEARNER = 100;
const AT_ONCE = 250;

interface Cost {
  learners: number;
  events: number;
  bytes: number;
  parseMs: number;
  verifyMs: number;
  foldMs: number;
  reportMs: number;
  htmlMs: number;
}

/**
 * Learning events to full reports: JSON lines parsed, chains verified, folded, reported as JSON, for 10³, 10⁴, 10⁵ and
 * 10⁶ events, against the bare parsing of the same lines. `--html` writes each report as HTML too.
 */
export async function bench(_root: string, options: string[]): Promise<void> {
  const course = benchCourse();
  const most = options.includes('--small') ? 1_000 : 10_000;
  console.log(`${PER_LEARNER} events a learner; CPU time, ms`);
  console.log('  events  learners    MB   parse  verify    fold  report  µs/event  ratio to parsing');
  measure(course, 100, options.includes('--html'));
  const costs = [10, 100, 1_000, 10_000]
    .filter((n) => n <= most)
    .map((n) => measure(course, n, options.includes('--html')));
  for (const cost of costs) console.log(line(cost));
  const [first, last] = [costs.at(-2), costs.at(-1)];
  if (first && last) {
    const growth = perEvent(last) / perEvent(first);
    console.log(
      `cost per event at ${last.events} is ${growth.toFixed(2)}× that at ${first.events}: ${growth < 1.25 ? 'linear' : 'not linear'}`,
    );
    if (last.htmlMs > 0) console.log(`HTML: ${(last.htmlMs / last.learners).toFixed(2)} ms a report`);
  }
}

/** Learners are made in portions, so that memory doesn't grow with their number; making them is not counted. */
function measure(course: Course, learners: number, html: boolean): Cost {
  const cost: Cost = { learners, events: 0, bytes: 0, parseMs: 0, verifyMs: 0, foldMs: 0, reportMs: 0, htmlMs: 0 };
  for (let from = 0; from < learners; from += AT_ONCE) {
    const portion = Array.from({ length: Math.min(AT_ONCE, learners - from) }, (_, n) =>
      learnerLines(from + n, PER_LEARNER),
    );
    for (const { id, lines } of portion) {
      const lap = stopwatch();
      const events = lines.map((text) => JSON.parse(text) as ChainedEvent);
      cost.parseMs += lap();
      const start = genesis(learnerStream(id));
      const chain = verifyChain(events, start);
      if (!chain.intact) throw new Error(chain.breach.says);
      cost.verifyMs += lap();
      const { state } = advance(standingProjection, fromZero(standingProjection, start), events);
      cost.foldMs += lap();
      const learner = { id, name: null, cohort: 'bench' };
      const timeline = timelineOf(events);
      const made = progressReport({
        course,
        standing: state,
        timeline,
        chain,
        learner,
        now: '2026-12-01T00:00:00.000Z',
      });
      const json = JSON.stringify(made);
      cost.reportMs += lap();
      if (html) progressHtml(made);
      cost.htmlMs += html ? lap() : 0;
      cost.events += events.length;
      cost.bytes += lines.reduce((sum, { length }) => sum + length, 0);
      if (json.length === 0) throw new Error('an empty report');
    }
  }
  return cost;
}

/** CPU time since the last lap, in ms: what else the machine does has no part in it. */
function stopwatch(): () => number {
  let last = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    return (user + system) / 1000;
  };
}

const totalOf = ({ parseMs, verifyMs, foldMs, reportMs }: Cost) => parseMs + verifyMs + foldMs + reportMs;
const perEvent = (cost: Cost) => totalOf(cost) / cost.events;

function line(cost: Cost): string {
  const { events, learners, bytes, parseMs, verifyMs, foldMs, reportMs } = cost;
  const times = [parseMs, verifyMs, foldMs, reportMs].map((ms) => ms.toFixed(0).padStart(8)).join('');
  const micros = (perEvent(cost) * 1000).toFixed(1).padStart(10);
  const ratio = (totalOf(cost) / parseMs).toFixed(2).padStart(8);
  return `${String(events).padStart(8)}${String(learners).padStart(10)}${(bytes / 1e6).toFixed(1).padStart(6)}${times}${micros}${ratio}`;
}

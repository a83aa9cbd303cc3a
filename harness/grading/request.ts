import { readFileSync } from 'node:fs';
import type { Group, Kata } from '../catalogue/catalogue.ts';

/** What the suite is told, as in the kit's `KataRun`. */
interface Common {
  seeds: number[];
  /** Play nothing more once a behaviour is red. Default false. */
  stopAtFirstRed?: boolean;
  /** Behaviour ids to play; the others aren't run. Default: all. */
  only?: string[];
  /** Absolute path where the suite leaves the history of its incident, as JSON lines. */
  historyFile?: string;
}

/** Grade one file as the answer to a kata. */
export interface KataRequest extends Common {
  kata: Kata;
  /** Absolute path of the answer. */
  subject: string;
}

/** Replay a group's incident with one answer per kata. */
export interface GateRequest extends Common {
  gate: Group;
  /** Absolute path of the answer to each of the group's katas. */
  subject: (kata: Kata) => string;
}

export type GradeRequest = KataRequest | GateRequest;

export function isGate(request: GradeRequest): request is GateRequest {
  return 'gate' in request;
}

/** '1.5' or 'gate 1', as in `Verdict.id`. */
export function requestId(request: GradeRequest): string {
  return isGate(request) ? `gate ${request.gate.number}` : request.kata.id;
}

export function suiteOf(request: GradeRequest): string {
  return isGate(request) ? (request.gate.gate ?? '') : request.kata.suite;
}

/** The answers of a request, each with its kata. A gate has those that its file wires in. */
export function answersOf(request: GradeRequest): { kata: Kata; subject: string }[] {
  if (!isGate(request)) return [{ kata: request.kata, subject: request.subject }];
  const { gate, katas } = request.gate;
  const source = gate === undefined ? '' : readFileSync(gate, 'utf8');
  const wired = katas.filter(({ slug }) => source.includes(`'./${slug}/kata.ts'`));
  return wired.map((kata) => ({ kata, subject: request.subject(kata) }));
}

import { playWorld } from '#answerdesk/simulation/world.ts';
import { gate } from '#kit/gate.ts';
import { protectProvider } from './08-circuit-breaker/kata.ts';
import { objectives } from './incident/objectives.ts';
import { RECORDED_SEED, world } from './incident/script.ts';

gate(objectives, RECORDED_SEED, (seed, { clock, history }) =>
  playWorld(world(seed), { protectProvider }, clock, history),
);

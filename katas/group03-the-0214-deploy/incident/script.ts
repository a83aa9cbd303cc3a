/** The night of 19 May, 02:14 UTC. */
export const BEGINS = Date.UTC(2026, 4, 19, 2, 14);
export const RECORDED_SEED = 214;

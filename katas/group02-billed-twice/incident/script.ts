/** The morning of 14 April, 08:02 UTC. */
export const BEGINS = Date.UTC(2026, 3, 14, 8, 2);
export const RECORDED_SEED = 14;

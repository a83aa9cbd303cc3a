/** The map's twelve groups, each named by its failure. Groups that are not in the tree yet are listed too. */
export const GROUP_NAMES: Readonly<Record<number, string>> = {
  1: 'Requests are slow or unreliable',
  2: 'Duplicate requests and retries break the system',
  3: 'State breaks when services restart',
  4: 'APIs become messy and hard to evolve',
  5: 'LLM answers are wrong (RAG fails)',
  6: 'LLM workflows become complex',
  7: 'Multi-agent systems misbehave',
  8: 'The system is impossible to debug',
  9: 'Cost explodes',
  10: 'Security, safety and governance',
  11: 'Code becomes rigid and hard to extend',
  12: 'Scaling and evolution',
};

import { EVERYONE, type Passage } from '#answerdesk/knowledge.ts';
import type { CreateScopedSearch, Scope } from '#answerdesk/seams/metadata-filter.ts';

/** Whether whoever asks may see it, and whether it is about what they have. */
function matches({ metadata }: Passage, scope: Scope): boolean {
  const { tenant, readers, product, version, validFrom, validUntil } = metadata;

  // TODO: what is known to be nobody's is seen by nobody.
  if (tenant && tenant !== EVERYONE && tenant !== scope.tenant) return false;
  if (readers && !readers.some((reader) => reader === EVERYONE || scope.roles.includes(reader))) return false;

  // TODO: a version is numbers, and a range has bounds.
  // TODO: of what is missing the settings decide.
  if (scope.product && product && product !== scope.product) return false;
  if (scope.version && version && !version.startsWith(scope.version)) return false;

  // TODO: a moment is a moment, however it is written.
  if (validFrom && validFrom > scope.asOf) return false;
  return !validUntil || validUntil > scope.asOf;
}

export const createScopedSearch: CreateScopedSearch = ({ passages, search }) => {
  const known = new Map(passages.map((passage) => [passage.id, passage]));

  return async (question, k, scope) => {
    // TODO: k passages are found where there are k, and what may not be seen is never compared.
    const found = await search(question, k);
    const hits = found.filter(({ id }) => {
      const passage = known.get(id);
      return passage !== undefined && matches(passage, scope);
    });
    // TODO: where not one is left, what may be given up is, and the asker hears of it.
    return { hits, relaxed: [] };
  };
};

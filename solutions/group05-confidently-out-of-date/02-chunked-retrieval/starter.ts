import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { CreateChunker } from '#answerdesk/seams/chunking.ts';

/** The titles of a page, for the breadcrumbs above an answer. */
function titlesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2).trim());
}

function wholeOf({ id, text, metadata }: Page): Passage {
  return {
    id: `${id}#0-${text.length}`,
    page: id,
    start: 0,
    end: text.length,
    headings: titlesOf(text).slice(0, 1),
    text,
    metadata,
  };
}

export const createChunker: CreateChunker = ({ countTokens }, { maxTokens }) => ({
  // One page, one vector: it is cited by its address, and its address is what people open.
  // TODO: a passage is about one thing, fits what the model takes, and is found by what it says.
  // TODO: it is known where each passage stands, and under what.
  chunk(page) {
    if (page.text.trim() === '') return [];
    const whole = wholeOf(page);
    if (countTokens(whole.text) <= maxTokens) return [whole];
    // The embedding model leaves out what is too long for it; the text above it is what counts most.
    return [whole];
  },

  // TODO: whoever reads a passage is given what it stands in, as far as there is room.
  expand(_page, passage) {
    return passage;
  },
});

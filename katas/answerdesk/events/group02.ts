import * as v from 'valibot';
import { count, data, type EventShapes, ms, text } from './shapes.ts';

const asked = data({ id: text, tenant: text, model: text, text, audience: v.optional(text) });
const requestDeduplication = {
  UserAsked: data({ question: asked }),
  UserAskedAgain: data({ questionId: text, send: count }),
  UserAnswered: data({ questionId: text, send: count }),
  UserGaveUp: data({ questionId: text }),
  MailQueued: data({ messageId: text, question: asked, ackLostForMs: v.optional(ms) }),
  MailRedelivered: data({ messageId: text, delivery: count }),
  MailAnswered: data({ messageId: text, questionId: text }),
  GenerationBilled: data({ questionId: text, call: count }),
  QuestionCoalesced: data({ questionId: text }),
  MessageDropped: data({ messageId: text }),
};

/** One object for each kata that records its own scene, and one for the incident. */
export const group02: EventShapes = { ...requestDeduplication };

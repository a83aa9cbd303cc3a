import type { CreateConversations, Message, Turn } from '#answerdesk/seams/conversation.ts';

interface Conversation {
  messages: Message[];
  answers: Map<string, string>;
}

// The balancer has sticky sessions: a conversation comes to the instance that had it first.
// TODO: whichever instance a turn comes to, in whatever order, it is answered as if there were one.
// TODO: an instance that dies takes nothing with it that was answered, and the turn it died of can be sent again.
// TODO: however many conversations there were, an instance stays as small as it was.
const conversations = new Map<string, Conversation>();

function conversationOf({ tenant, conversation }: Pick<Turn, 'tenant' | 'conversation'>): Conversation {
  const key = `${tenant}:${conversation}`;
  const known = conversations.get(key) ?? { messages: [], answers: new Map() };
  conversations.set(key, known);
  return known;
}

export const createConversations: CreateConversations = ({ handbook, complete }) => ({
  async say(turn) {
    const { messages, answers } = conversationOf(turn);
    const known = answers.get(turn.id);
    if (known !== undefined) return known;

    // TODO: what can be had again at any time need not be fetched for each turn.
    const rules = await handbook(turn.tenant, turn.edition);
    const question: Message = { from: 'asker', text: turn.text };
    const answer = await complete(rules, [...messages, question]);
    messages.push(question, { from: 'answerdesk', text: answer });
    answers.set(turn.id, answer);
    return answer;
  },

  async history(tenant, conversation) {
    return [...conversationOf({ tenant, conversation }).messages];
  },
});

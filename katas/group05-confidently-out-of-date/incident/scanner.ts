import { type OwnPage, ownPages } from './library.ts';

interface Part {
  start: number;
  end: number;
}

/** What pages order a model to do, in plain text. */
export const orders = ownPages.flatMap(({ hostile }) => (hostile ? [hostile.reads ?? hostile.quote] : []));

/** Stands for a classifier: it knows the orders that are in the corpus, wherever they stand in the text. */
export const findOrders = (text: string): Part[] => orders.flatMap((reads) => placesOf(text, reads));

export const findSecrets = (text: string, pages: readonly OwnPage[]): Part[] =>
  pages.flatMap(({ secrets = [] }) => secrets.flatMap((secret) => placesOf(text, secret)));

/** Where it stands, whatever white space and case. */
function placesOf(text: string, wanted: string): Part[] {
  const words = wanted.trim().split(/\s+/);
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+');
  const found = [...text.matchAll(new RegExp(pattern, 'gi'))];
  return found.map(({ index, 0: { length } }) => ({ start: index, end: index + length }));
}

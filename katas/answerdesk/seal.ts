import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { Seal } from './seams/prompt-editor.ts';

const NONCE = 12;
const TAG = 16;

/**
 * AES-256-GCM. The nonce is made of the text, so the same text gives the same letters: whoever keeps two mementos can
 * tell that they are alike, and nothing else.
 */
export function createSeal(secret: string): Seal {
  const key = createHash('sha256').update(`encrypt ${secret}`).digest();
  const nonceKey = createHash('sha256').update(`nonce ${secret}`).digest();

  return {
    close(text) {
      const nonce = createHmac('sha256', nonceKey).update(text).digest().subarray(0, NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const opaque = bytes.length >= NONCE + TAG && bytes.toString('base64url') === sealed;
      if (!opaque) throw new Error('not a sealed text');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
    },
  };
}

/** Reads the Bech32 form (BIP 173, without its length limit) that age writes its keys in. */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/**
 * The 32 bytes behind `age1…` or `AGE-SECRET-KEY-1…`.
 * @throws Error that says what is wrong; it never repeats the key
 */
export function keyBytes(text: string, prefix: 'age' | 'age-secret-key-'): Buffer {
  const kind = prefix === 'age' ? 'a recipient (age1…)' : 'an identity (AGE-SECRET-KEY-1…)';
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) throw new Error(`this is not ${kind}: it mixes cases`);
  const split = lower.lastIndexOf('1');
  if (lower.slice(0, split) !== prefix) throw new Error(`this is not ${kind}`);
  const words = Array.from(lower.slice(split + 1), (letter) => ALPHABET.indexOf(letter));
  if (words.includes(-1) || checksum(prefix, words) !== 1) throw new Error(`this is not ${kind}: a letter is wrong`);
  const bytes = fromFiveBits(words.slice(0, -6));
  if (bytes === null || bytes.length !== 32) throw new Error(`this is not ${kind} of 32 bytes`);
  return bytes;
}

function checksum(prefix: string, words: number[]): number {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  let sum = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((constant, bit) => {
      if ((top >> bit) & 1) sum ^= constant;
    });
  }
  return sum;
}

function fromFiveBits(words: number[]): Buffer | null {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const word of words) {
    held = ((held << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? Buffer.from(bytes) : null;
}

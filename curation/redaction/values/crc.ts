/** CRC-32 as in ISO 3309 (the polynomial of zip), for the check sums inside tokens. */
const table = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The unsigned CRC-32 of an ASCII string. */
export function crc32(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) crc = table[(crc ^ text.charCodeAt(i)) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

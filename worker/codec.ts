/** Payload codec: everything Temporal stores of a run is AES-256-GCM under a named key, so that its database holds nothing readable. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { METADATA_ENCODING_KEY, type DataConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const ENCODING = 'binary/garner-aes-256-gcm';
const KEY_ID = 'garner-key';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const encode = (text: string) => Buffer.from(text);
const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString();

export interface CodecKeys {
  /** Id of the key that seals; the others still open what they sealed. */
  current: string;
  keys: Record<string, Buffer>;
}

/** Where keys come from; `readCodecKeys` looks again, for keys may be rotated under a process that goes on. */
export interface CodecKeystore {
  codecKeys(): CodecKeys;
  readCodecKeys(): Promise<CodecKeys>;
}

/** A payload that this keystore's keys do not open. */
export class ForeignKey extends Error {
  override readonly name = 'ForeignKey';

  constructor(id: string) {
    super(
      `What Temporal holds is sealed with a key ${id} that is not in this keystore: name the right one with --keys, or put the key back.`,
    );
  }
}

/** Seals whole payloads (data and metadata); the key's id is bound to the ciphertext as associated data. */
export class SealingCodec implements PayloadCodec {
  readonly #keystore: CodecKeystore;
  #keys: CodecKeys;

  constructor(keystore: CodecKeystore) {
    this.#keystore = keystore;
    this.#keys = keystore.codecKeys();
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    const id = this.#keys.current;
    return Promise.resolve(
      payloads.map((payload) => {
        const iv = randomBytes(IV_BYTES);
        const cipher = createCipheriv('aes-256-gcm', this.#keys.keys[id]!, iv).setAAD(Buffer.from(id));
        const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
        const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
        return { metadata: { [METADATA_ENCODING_KEY]: encode(ENCODING), [KEY_ID]: encode(id) }, data };
      }),
    );
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    const sealed = payloads.map((payload) => ({ payload, id: keyOf(payload) }));
    if (sealed.some(({ id }) => id !== undefined && !Object.hasOwn(this.#keys.keys, id)))
      this.#keys = await this.#keystore.readCodecKeys();
    return sealed.map(({ payload, id }) => (id === undefined ? payload : this.#open(payload, id)));
  }

  #open(payload: Payload, id: string): Payload {
    const key = this.#keys.keys[id];
    if (!key) throw new ForeignKey(id);
    const data = Buffer.from(payload.data!);
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES)).setAAD(Buffer.from(id));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw new ForeignKey(id);
    }
    return proto.temporal.api.common.v1.Payload.decode(plain);
  }
}

/** Id of the key that sealed a payload; undefined where none of ours did. */
function keyOf({ metadata, data }: Payload): string | undefined {
  const encoding = metadata?.[METADATA_ENCODING_KEY];
  return encoding && decode(encoding) === ENCODING && data ? decode(metadata[KEY_ID]!) : undefined;
}

/** Path of the module that the SDK loads the failure converter from. */
export const FAILURE_CONVERTER = fileURLToPath(new URL('./failures.cjs', import.meta.url));

/** The converter of every client and worker: payloads sealed, failure messages and stacks moved into sealed attributes. */
export function dataConverter(keystore: CodecKeystore): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER, payloadCodecs: [new SealingCodec(keystore)] };
}

"""Checks every envelope of a manifest with securesystemslib, an implementation of DSSE that is not ours."""
import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

manifest = json.load(open(sys.argv[1]))
keys = [SSlibKey.from_crypto(load_pem_public_key(pem.encode()), keyid) for keyid, pem in manifest["publicKeys"].items()]
for given in manifest["envelopes"]:
    envelope = Envelope.from_dict(json.loads(json.dumps(given)))
    assert len(envelope.verify(keys, 1)) == 1
    envelope.payload = envelope.payload.replace(b'"name"', b'"mane"')
    try:
        envelope.verify(keys, 1)
    except Exception:
        continue
    raise SystemExit("a changed payload was accepted")
print(len(manifest["envelopes"]))

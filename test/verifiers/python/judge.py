"""Verifies receipts with the SD-JWT library of the OpenWallet Foundation.

Reads {"jwk": <issuer's public key>, "receipts": [<SD-JWT>, …]} from stdin and writes a list to stdout with, for
each receipt, {"claims": {…}} or {"refused": "<why>"}.
"""

import json
import sys

from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier


def judge(receipt: str, jwk: JWK) -> dict:
    verifier = SDJWTVerifier(receipt, lambda _issuer, _header: jwk)
    claims = verifier.get_verified_payload()
    # The library lets through what no digest refers to; RFC 9901, section 7.1, says to reject it.
    referenced = set(verifier._duplicate_hash_check)
    if not referenced.issuperset(verifier._hash_to_decoded_disclosure):
        raise ValueError("a disclosure is not referenced by any digest")
    return claims


def main() -> None:
    question = json.load(sys.stdin)
    jwk = JWK(**question["jwk"])
    answers = []
    for receipt in question["receipts"]:
        try:
            answers.append({"claims": judge(receipt, jwk)})
        except Exception as error:  # whatever the libraries raise is a refusal
            answers.append({"refused": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)


main()

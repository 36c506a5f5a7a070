"""Writes test/vectors/cuts.json: a second, independent implementation of docs/spec/chunking.md, slow and plain."""

import hashlib
import hmac
import json
import pathlib

MIN, NORMAL, MAX = 65536, 217088, 1048576
STRICT, LOOSE = 0xFFC0FFC0, 0xFC00FFC0


def hkdf(seed, info, length):
    key = hmac.new(b"\0" * 32, seed, hashlib.sha256).digest()
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([i]), hashlib.sha256).digest()
        out += block
        i += 1
    return out[:length]


def gear_table(seed):
    derived = hkdf(seed, b"gstore chunking 1", 576)
    words = [int.from_bytes(derived[i : i + 2], "little") for i in range(0, 576, 2)]
    low, high, upper = words[:16], words[16:32], words[32:]
    return [upper[b] * 65536 + (low[b % 16] ^ high[b // 16]) for b in range(256)]


def cut_offsets(data, gear):
    cuts, start, hash_, after = [], 0, 0, 0
    for byte in data:
        after += 1
        hash_ = (2 * hash_ + gear[byte]) % 2**32
        size = after - start
        mask = STRICT if size < NORMAL else LOOSE
        if size == MAX or (size >= MIN and hash_ & mask == 0):
            cuts.append(after)
            start = after
    if after > start:
        cuts.append(after)
    return cuts


def counter(label, length):
    blocks = (length + 31) // 32
    return b"".join(hashlib.sha256(label.encode() + i.to_bytes(4, "big")).digest() for i in range(blocks))[:length]


def build(parts):
    out = b""
    for part in parts:
        if part["kind"] == "counter":
            data = counter(part["label"], part["length"])
            if "alphabet" in part:
                letters = part["alphabet"].encode()
                data = bytes(letters[b % len(letters)] for b in data)
        else:
            unit = bytes.fromhex(part["unit"])
            data = (unit * (part["length"] // len(unit) + 1))[: part["length"]]
        out += data
    return out


ZERO, COUNTING = bytes(32), bytes(range(32))


def random(length, label="gstore", **more):
    return {"kind": "counter", "label": label, "length": length, **more}


def repeat(unit, length):
    return {"kind": "repeat", "unit": unit, "length": length}


CASES = [
    ("empty", COUNTING, []),
    ("one byte", COUNTING, [repeat("61", 1)]),
    ("one byte less than the least", COUNTING, [random(MIN - 1)]),
    ("the least", COUNTING, [random(MIN)]),
    ("one byte more than the least", COUNTING, [random(MIN + 1)]),
    ("4 MiB, random", COUNTING, [random(4 << 20)]),
    ("the same under the seed of zeros", ZERO, [random(4 << 20)]),
    ("the same with a byte in the middle", COUNTING, [random(2 << 20), repeat("ff", 1), random(2 << 20, "other")]),
    ("zeros", COUNTING, [repeat("00", 2 * MAX + 1)]),
    ("exactly the most", COUNTING, [repeat("00", MAX)]),
    ("a repeated line", COUNTING, [repeat(b"the quick brown fox jumps over the lazy dog\n".hex(), 2 << 20)]),
    ("two letters", COUNTING, [random(2 << 20, alphabet="01")]),
    ("four letters", COUNTING, [random(2 << 20, alphabet="ACGT")]),
    ("zeros between random bytes", COUNTING, [random(300_000), repeat("00", 1_500_000), random(700_000, "other")]),
]

tables = []
for seed in (ZERO, COUNTING):
    gear = gear_table(seed)
    packed = b"".join(value.to_bytes(4, "little") for value in gear)
    first = [f"{value:08x}" for value in gear[:4]]
    tables.append({"seed": seed.hex(), "first": first, "sha256": hashlib.sha256(packed).hexdigest()})
cuts = []
for name, seed, parts in CASES:
    data = build(parts)
    cut = cut_offsets(data, gear_table(seed))
    cuts.append({"name": name, "seed": seed.hex(), "input": parts, "sha256": hashlib.sha256(data).hexdigest(), "cuts": cut})
target = pathlib.Path(__file__).parent.parent / "test" / "vectors" / "cuts.json"
target.write_text(json.dumps({"tables": tables, "cuts": cuts}, indent=1) + "\n")

"""Learns src/meaning.bin: a vector for each stem, so that texts about the same are near each other though they share no word.

    python3 -m venv v && v/bin/pip install numpy scipy snowballstemmer
    v/bin/python learn.py corpus.jsonl ../src/meaning.bin

Run in this folder. `corpus.jsonl` is what read.py gathers from the documentation on this machine, so two machines make two tables that
are much alike and not equal. First how often stems stand near each other (PPMI, then SVD), then contrast: two halves of a
paragraph belong together and those of others do not, and so do both sides of each line of pairs/*.txt and of ../src/related.txt.
The set of queries in ../tests/data is never read here.
"""
import collections, functools, json, pathlib, re, sys, unicodedata

import numpy as np
import scipy.sparse as sp
import snowballstemmer

LENGTH, WINDOW, SEEN_AT_LEAST = 64, 8, 12
BATCH, HEAT, RATE, ROUNDS, BY_HAND = 1024, 0.07, 0.03, 1.8, 0.5
HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(0)
_stem = functools.cache(snowballstemmer.stemmer("english").stemWord)


def stems(text):
    """As `tokenize.rs` cuts: at each hump, then to English stems."""
    text = unicodedata.normalize("NFKD", text)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    text = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", text).lower()
    return [_stem(word) for word in re.findall(r"[a-z0-9]+", text)]


def pairs():
    """What the house wrote: three times each, and each word of a line of related words with the others once."""
    found = []
    for file in sorted((HERE / "pairs").glob("*.txt")):
        for line in file.read_text().splitlines():
            if "|" in line and not line.startswith("#"):
                left, right = line.split("|")
                found += [(stems(left), stems(right))] * 3
    for line in (HERE / "../src/related.txt").read_text().splitlines():
        words = line.lstrip("~ ").replace(">", " ").split()
        if not line.startswith("#"):
            found += [(stems(word), stems(" ".join(w for w in words if w != word))) for word in words if len(words) > 1]
    return found


def near(paragraphs, n):
    """A first vector for each stem, from what stands near it."""
    flat, which = [], []
    for k, (title, sentences) in enumerate(paragraphs):
        ids = title + [i for s in sentences for i in s]
        flat.append(np.array(ids, dtype=np.int32))
        which.append(np.full(len(ids), k, dtype=np.int32))
    flat, which = np.concatenate(flat), np.concatenate(which)
    share = np.bincount(flat, minlength=n) / len(flat)
    kept = rng.random(len(flat)) < np.minimum(1, np.sqrt(1e-4 / share[flat]))
    flat, which = flat[kept], which[kept]
    together = sp.csr_matrix((n, n), dtype=np.float32)
    for apart in range(1, WINDOW + 1):
        same = which[:-apart] == which[apart:]
        a, b = flat[:-apart][same], flat[apart:][same]
        weight = np.full(len(a), 1.0 / (1 + 0.25 * (apart - 1)), dtype=np.float32)
        one = sp.coo_matrix((weight, (a, b)), shape=(n, n)).tocsr()
        together = together + one + one.T
    together.setdiag(0)
    rows = np.asarray(together.sum(1)).ravel() + 1e-9
    columns = rows**0.75 / (rows**0.75).sum()
    together = together.tocoo()
    value = np.log(together.data / (rows[together.row] * columns[together.col]) + 1e-12)
    more = value > 0
    ppmi = sp.csr_matrix((value[more].astype(np.float32), (together.row[more], together.col[more])), shape=(n, n))
    guess = ppmi @ rng.standard_normal((n, 286)).astype(np.float32)
    for _ in range(4):
        guess, _ = np.linalg.qr(guess)
        guess = ppmi @ (ppmi.T @ guess)
    base, _ = np.linalg.qr(guess)
    u, s, _ = np.linalg.svd((ppmi.T @ base).T, full_matrices=False)
    return ((base @ u) * s**0.5)[:, :LENGTH]


def halves(paragraph):
    """One sentence of a paragraph and the rest of it; most words that both have are taken from one of them."""
    title, sentences = paragraph
    sentences = sentences[:12]
    if len(sentences) >= 2:
        i = rng.integers(len(sentences))
        a, b = list(sentences[i]), [w for j, s in enumerate(sentences) if j != i for w in s]
        (a if rng.random() < 0.5 else b).extend(title)
    elif len(title) >= 2 and sentences and rng.random() < 0.5:
        a, b = list(title), list(sentences[0])
    else:
        words = np.array(title + (sentences[0] if sentences else []))
        mask = rng.random(len(words)) < 0.4
        a, b = words[mask].tolist(), words[~mask].tolist()
    a, b = set(a), set(b)
    for word in a & b:
        (a if rng.random() < 0.5 else b).discard(word)
    if len(a) > 12:
        a = set(rng.choice(list(a), int(rng.integers(5, 13)), replace=False).tolist())
    return a, b


def some(pair):
    a, b = pair if rng.random() < 0.5 else pair[::-1]
    return {w for w in a if rng.random() < 0.8}, {w for w in b if rng.random() < 0.8}


def contrast(table, paragraphs, by_hand):
    n = len(table)
    paragraphs = [it for it in paragraphs if 2 * len(it[0]) + sum(map(len, it[1])) >= 10]
    seen = np.zeros(n, np.float32)
    steps = int(len(paragraphs) * ROUNDS / BATCH)
    diagonal = np.arange(BATCH)

    def rows(sets):
        index = np.concatenate([np.fromiter(s, dtype=np.int32, count=len(s)) for s in sets])
        return sp.csr_matrix((np.ones(len(index), np.float32), index, np.cumsum([0] + [len(s) for s in sets])), shape=(len(sets), n))

    def points(which):
        sums = which @ table
        long = np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6
        return sums / long, long

    for step in range(steps):
        left, right = [], []
        while len(left) < BATCH:
            hand = len(left) < BATCH * BY_HAND
            a, b = some(by_hand[rng.integers(len(by_hand))]) if hand else halves(paragraphs[rng.integers(len(paragraphs))])
            if (a and b) if hand else (len(a) >= 2 and len(b) >= 3):
                left.append(a)
                right.append(b)
        left, right = rows(left), rows(right)
        (a, long_a), (b, long_b) = points(left), points(right)
        alike = a @ b.T / HEAT
        by_row = np.exp(alike - alike.max(1, keepdims=True))
        by_column = np.exp(alike - alike.max(0, keepdims=True))
        pull = (by_row / by_row.sum(1, keepdims=True) + by_column / by_column.sum(0, keepdims=True)) / 2
        pull[diagonal, diagonal] -= 1
        to_a, to_b = pull @ b, pull.T @ a
        to_a = (to_a - (to_a * a).sum(1, keepdims=True) * a) / long_a
        to_b = (to_b - (to_b * b).sum(1, keepdims=True) * b) / long_b
        both = sp.vstack([left, right]).tocsc()
        used = np.nonzero(np.diff(both.indptr))[0]
        slope = both.T.tocsr()[used] @ np.vstack([to_a, to_b])
        seen[used] += (slope**2).mean(1)
        table[used] -= (RATE * (1 - step / steps) + 0.002) * slope / (np.sqrt(seen[used])[:, None] + 1e-9)


def main(corpus, out):
    texts, count = [], collections.Counter()
    for line in open(corpus):
        title, text = json.loads(line)
        title, sentences = stems(title), [stems(s) for s in re.split(r"(?<=[.!?;:])\s+", text)]
        texts.append((title, sentences))
        count.update(set(title).union(*sentences))
    word = re.compile(r"^(?=.*[a-z])(?![a-z]?\d)[a-z0-9]{1,18}$")
    known = [w for w, c in count.most_common() if c >= SEEN_AT_LEAST and word.match(w)][:40_000]
    by_hand, there = pairs(), set(known)
    known += sorted({w for pair in by_hand for side in pair for w in side if len(w) > 1 and not w[0].isdigit()} - there)
    place = {w: i for i, w in enumerate(known)}
    only = lambda words: [place[w] for w in words if w in place]
    texts = [(only(title), [only(s) for s in sentences]) for title, sentences in texts]
    by_hand = [(only(a), only(b)) for a, b in by_hand]
    table = near(texts, len(known))
    lost = np.linalg.norm(table, axis=1) < 1e-6
    table[lost] = rng.standard_normal((int(lost.sum()), LENGTH))
    rare = np.log(len(texts) / np.array([max(count[w], SEEN_AT_LEAST) for w in known]))
    table = (table / np.linalg.norm(table, axis=1, keepdims=True) * rare[:, None] / 4).astype(np.float32)
    contrast(table, texts, [pair for pair in by_hand if pair[0] and pair[1]])
    scale = np.abs(table).max(1) / 127
    parts = np.round(table / scale[:, None]).astype(np.int8)
    pathlib.Path(out).write_bytes(" ".join(known).encode() + b"\n" + scale.astype("<f4").tobytes() + parts.tobytes())


main(*sys.argv[1:])

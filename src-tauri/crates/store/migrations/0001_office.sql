-- The log, what it says of each noun now, and what is still to be done because of it.
-- A migration that was released is never edited: its checksum is kept in every office.

PRAGMA application_id = 1330004034; -- "OFFB": an office's database, and no other SQLite file

CREATE TABLE events (
    seq   INTEGER PRIMARY KEY CHECK (seq > 0),
    at    TEXT NOT NULL, -- RFC 3339, UTC, milliseconds: sorts as text
    actor TEXT NOT NULL, -- JSON
    cause TEXT NOT NULL, -- the command it answers
    task  INTEGER,       -- the task it is about, if any
    body  TEXT NOT NULL, -- JSON of the event
    noun  TEXT GENERATED ALWAYS AS (body ->> '$.noun') VIRTUAL,
    type  TEXT GENERATED ALWAYS AS (body ->> '$.type') VIRTUAL
) STRICT;

CREATE INDEX events_by_cause ON events (cause);
CREATE INDEX events_by_task ON events (task, seq) WHERE task IS NOT NULL;

-- With a rowid on purpose: whole nouns are too long for the leaves of a WITHOUT ROWID tree.
CREATE TABLE nouns (
    kind TEXT NOT NULL,
    id   INTEGER NOT NULL,
    body TEXT NOT NULL, -- JSON of the noun
    PRIMARY KEY (kind, id)
) STRICT;

CREATE TABLE effects (
    seq    INTEGER NOT NULL REFERENCES events (seq),
    n      INTEGER NOT NULL,
    body   TEXT NOT NULL, -- JSON of the effect
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done')),
    PRIMARY KEY (seq, n)
) STRICT;

-- What is open stays short however long the log gets.
CREATE INDEX effects_open ON effects (seq, n) WHERE status <> 'done';

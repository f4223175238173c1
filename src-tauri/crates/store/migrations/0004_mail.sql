-- Mail has a table of its own: what is open is loaded with the office, and all the rest, however much, is only asked for.

CREATE TABLE mails (
    id     INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL,
    box    TEXT NOT NULL, -- where it lies: owner, desk:3, role:ops
    sender TEXT NOT NULL, -- owner, office, desk:3
    closed TEXT,          -- since when nothing more is to come of it; none while something is
    body   TEXT NOT NULL  -- JSON of the mail
) STRICT;

CREATE INDEX mails_open ON mails (id) WHERE closed IS NULL;
CREATE INDEX mails_closed ON mails (closed, id) WHERE closed IS NOT NULL;
CREATE INDEX mails_by_thread ON mails (thread, id);
CREATE INDEX mails_by_box ON mails (box, id);
CREATE INDEX mails_by_sender ON mails (sender, id);

-- What was decided about approvals and grants, each bound to the one before it. What was decided before this was there is not
-- bound, and the chain says from where on it holds.

CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY REFERENCES events (seq),
    before TEXT NOT NULL, -- what stands for the link before
    hash   TEXT NOT NULL  -- what stands for this link and all before it
) STRICT;

CREATE TABLE audit_begins (after INTEGER NOT NULL) STRICT;
INSERT INTO audit_begins (after) SELECT coalesce(max(seq), 0) FROM events;

-- Nobody changes it by mistake; who does it on purpose is found by `office audit verify`.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;

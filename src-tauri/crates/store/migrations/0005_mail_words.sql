-- The words of mail, to be found again. They never change once a mail is sent: only its state does, which is not in here.

CREATE VIRTUAL TABLE mail_words USING fts5(subject, text, content = '', tokenize = 'unicode61 remove_diacritics 2');

INSERT INTO mail_words (rowid, subject, text) SELECT id, body ->> '$.subject', body ->> '$.text' FROM mails;

-- Written in the transaction of its mail, so that what was sent is found at once.
CREATE TRIGGER mails_words AFTER INSERT ON mails BEGIN
    INSERT INTO mail_words (rowid, subject, text) VALUES (new.id, new.body ->> '$.subject', new.body ->> '$.text');
END;

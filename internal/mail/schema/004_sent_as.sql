-- By which id a mail goes out that came back before; empty: by its own.
ALTER TABLE mail_outbox ADD COLUMN sent_as TEXT NOT NULL DEFAULT '';

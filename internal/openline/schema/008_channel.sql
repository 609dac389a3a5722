-- What a channel calls the chat with a client.
ALTER TABLE openline_chat ADD COLUMN name TEXT NOT NULL DEFAULT '';

CREATE INDEX chat_open ON chat (last_at) WHERE type IN ('O', 'J');

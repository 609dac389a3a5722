-- The address to which Telegram was told to bring messages: another one than the portal's of today has to be told anew.
ALTER TABLE telegram_bot ADD COLUMN hook_url TEXT NOT NULL DEFAULT '';

-- What a bot's message carries beside its text, in the normal form of package attach; empty: nothing.
ALTER TABLE livechat_message ADD COLUMN attach TEXT NOT NULL DEFAULT '';
ALTER TABLE livechat_message ADD COLUMN keyboard TEXT NOT NULL DEFAULT '';

CREATE INDEX livechat_token_used ON livechat_token (used);

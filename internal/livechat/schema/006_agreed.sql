-- Finds what a client has agreed to, beside their conversations.
CREATE INDEX livechat_visitor_user ON livechat_visitor (user_id) WHERE user_id <> 0;

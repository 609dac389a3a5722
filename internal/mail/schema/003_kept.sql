CREATE INDEX mail_outbox_kept ON mail_outbox (done_at) WHERE state = 1 AND message_id <> 0 AND body <> '';

CREATE INDEX network_received_at ON network_received (kind, at);

CREATE INDEX openline_session_by_connector ON openline_session (connector, id);
CREATE INDEX openline_session_by_state ON openline_session (state, id);

-- What a conversation is about; 0: nobody has said.
ALTER TABLE openline_session ADD COLUMN category_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX openline_session_by_category ON openline_session (category_id, id) WHERE category_id > 0;

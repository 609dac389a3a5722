-- The digits of a client's telephone number, by which others with the same are found.
ALTER TABLE openline_client ADD COLUMN phone TEXT NOT NULL DEFAULT '';
CREATE INDEX openline_client_phone ON openline_client (phone, user_id) WHERE phone <> '';
